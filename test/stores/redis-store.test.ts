import { EventEmitter } from 'node:events'
import { describe, expect, test } from 'vitest'
import type { RedisSubscriber } from '../../src/stores/redis/redis-client.ts'
import { redisStore } from '../../src/stores/redis/redis-store.ts'

/* What needs no server; test/fleet holds the store to the contract on one. */

const NEW = { expected: null, open: true } as const

type Call = (command: string, args: string[]) => Promise<unknown>

/** As a server that takes everything, or says what `fails` throws to a script. */
function answer(command: string | undefined, args: readonly string[] = [], fails?: Error): unknown {
  if (command === 'INFO') return 'maxmemory_policy:noeviction\r\n'
  if (command === 'GET') return null
  if (fails) throw fails
  return writesIn(args).map(() => 1)
}

/** The keys that a script writes: a deletion its first, and writes all but the first two. */
function writesIn([, count, ...given]: readonly string[]): string[] {
  const records = count === '2' ? given.slice(0, 1) : given.slice(2, Number(count))
  return records.map(record => record.replace('{stillonce}:record:', ''))
}

const VERSION = '11111111-2222-3333-4444-555555555555'

test('a client of each library gets its commands as that one takes them', async () => {
  const sent: unknown[][] = []
  const take = async (...given: unknown[]) => {
    sent.push(given)
    return `${VERSION}0x`
  }
  const record = '{stillonce}:record:a'
  await redisStore({ call: take }).get('a')
  await redisStore({ sendCommand: take }).get('a')
  await redisStore({ masters: [], sendCommand: take }).get('a')
  await redisStore({ getMasterNode: () => {}, sendCommand: take }).get('a')
  expect(sent).toEqual([
    ['GET', [record]],
    [['GET', record]],
    [record, false, ['GET', record]],
    [false, ['GET', record]],
  ])
})

test.each([
  ['OOM command not allowed when used memory > ‘maxmemory’.', 'full'],
  [
    'ERR Error running script (call to f_7c): @user_script:12: @user_script: 12: -OOM command not allowed when used memory > ‘maxmemory’. ',
    'full',
  ],
  [
    'ERR Error running script (call to f_7c): @user_script:10: @user_script: 10: -READONLY You can’t write against a read only replica. ',
    'blocked',
  ],
  ['ERR unknown command', undefined],
])('what the server says of a script is told by its word: %s', async (message, reason) => {
  const failing = redisStore({
    call: async (command, args) => answer(command, args, new Error(message)),
  })
  await expect(failing.set('a', 'x', NEW)).rejects.toMatchObject({ kind: 'failed', reason })
})

test('an error holds nothing of the record: ioredis puts the command with its arguments into its own', async () => {
  const store = redisStore({
    call: async (command, args) =>
      answer(command, args, Object.assign(new Error('OOM no'), { command: { name: command, args } })),
  })
  const error: unknown = await store.set('a', 'a card number', NEW).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ reason: 'full', cause: { message: 'OOM no' } })
  expect(error).not.toHaveProperty('cause.command')
})

test('a client that gives no texts is told so: what is there is not taken for absent', async () => {
  const store = redisStore({ call: async () => Buffer.from(`${VERSION}0x`) })
  await expect(store.get('a')).rejects.toMatchObject({ kind: 'failed' })
  expect(await redisStore({ call: async () => null }).get('a')).toBeUndefined()
})

test.each([
  [`${VERSION}0{"a":1}`, { value: '{"a":1}', version: VERSION }],
  [`${VERSION}10000000000000042{"a":1}`, { value: '{"a":1}', version: VERSION }],
])('a record is read: %s', async (text, record) => {
  expect(await redisStore({ call: async () => text }).get('a')).toEqual(record)
})

test.each(['', 'of somebody else', `${VERSION}2x`])(
  'what the store has not written is not taken for absent: %s',
  async text => {
    const reading = redisStore({ call: async () => text }).get('a')
    await expect(reading).rejects.toMatchObject({ kind: 'failed' })
  },
)

test('writes of one turn are one script, at most 32 in each', async () => {
  const scripts: string[][] = []
  const store = redisStore({
    call: async (command, args) => {
      if (command === 'EVALSHA') scripts.push(writesIn(args))
      return answer(command, args)
    },
  })
  await store.set('first', 'x', NEW)
  const keys = Array.from({ length: 40 }, (_, at) => `key ${at}`)
  // Each behind as many promises as it has to wait for.
  const versions = await Promise.all(
    keys.map(async (key, at) => {
      for (let turn = 0; turn < at; turn += 1) await Promise.resolve()
      return store.set(key, 'x', NEW)
    }),
  )
  expect(scripts).toEqual([['first'], keys.slice(0, 32), keys.slice(32)])
  expect(new Set(versions).size).toBe(40)
})

test('what is too much for one script leaves in the next turn, with what is asked for meanwhile', async () => {
  const scripts: number[][] = []
  let turn = 0
  const store = redisStore({
    call: async (command, args) => {
      if (command === 'EVALSHA') scripts.push([turn, writesIn(args).length])
      return answer(command, args)
    },
  })
  await store.set('first', 'x', NEW)
  const setAll = (count: number) => Array.from({ length: count }, (_, at) => store.set(`${at}`, 'x', NEW))
  const begun = setAll(40)
  const counting = (): void => {
    turn += 1
    if (turn === 1) begun.push(...setAll(7))
    if (turn < 5) setImmediate(counting)
  }
  setImmediate(counting)
  await new Promise(setImmediate)
  await Promise.all(begun)
  expect(scripts).toEqual([
    [0, 1],
    [0, 32],
    [1, 15],
  ])
})

test('claims of one turn go first, one of each key, and every write gets its own answer', async () => {
  const scripts: string[][] = []
  const store = redisStore({
    call: async (command, args) => {
      if (command !== 'EVALSHA') return answer(command, args)
      scripts.push(args.slice(1).map(text => (/^.{8}-.{4}-/.test(text) ? text.slice(36) : text)))
      return writesIn(args).map((key, at) => (key === 'lost' || at === 3 ? 0 : 1))
    },
  })
  const over = { expected: VERSION.slice(9), open: true }
  const given = await Promise.all([
    store.set('a', 'settled', { expected: null, open: false, expiresAt: 86_400_000.5 }),
    store.set('b', 'claimed', NEW),
    store.set('a', 'claimed', NEW),
    store.set('lost', 'claimed', NEW),
    store.set('b', 'claimed again', NEW),
    store.set('c', 'renewed', over),
  ])
  const record = (key: string): string => `{stillonce}:record:${key}`
  const keys = ['b', 'lost', 'a', 'a', 'b', 'c'].map(record)
  const claims = ['', 'claimed', '', 'claimed']
  const others = ['', '86400001', '0settled', '', 'open', '0claimed', '', 'open', '0claimed again']
  const renewal = [VERSION.slice(9), 'open', '0renewed']
  expect(scripts).toEqual([
    ['8', '{stillonce}:open', '{stillonce}:places', ...keys, '', '2', ...claims, ...others, ...renewal],
  ])
  expect(given.map(version => version !== undefined)).toEqual([true, true, false, false, true, true])
})

test('large values go in scripts of their own', async () => {
  const scripts: string[][] = []
  const store = redisStore({
    call: async (command, args) => {
      if (command === 'EVALSHA') scripts.push(writesIn(args))
      return answer(command, args)
    },
  })
  await store.set('first', 'x', NEW)
  const sizes = { small: 1, half: 131_072, 'half again': 131_072, whole: 400_000, last: 1 }
  await Promise.all(Object.entries(sizes).map(([key, size]) => store.set(key, 'x'.repeat(size), NEW)))
  expect(scripts).toEqual([['first'], ['small', 'half'], ['half again'], ['whole'], ['last']])
})

test('what was begun before close is handed to the client, which may be ended next', async () => {
  let isEnded = false
  const store = redisStore({
    call: async (command, args) => {
      if (isEnded) throw new Error('The client is closed')
      return answer(command, args)
    },
  })
  await store.set('first', 'x', NEW)
  const writing = store.set('a', 'x', NEW)
  await store.close?.()
  isEnded = true
  expect(await writing).toEqual(expect.any(String))
})

test('of writes of one turn each has its own end', async () => {
  const store = redisStore({
    call: async command => (command === 'INFO' ? answer(command) : [1, 0, 'WRONGTYPE no text']),
  })
  const ends = await Promise.allSettled(['won', 'lost', 'failed'].map(key => store.set(key, 'x', NEW)))
  expect(ends).toMatchObject([
    { status: 'fulfilled', value: expect.any(String) },
    { status: 'fulfilled', value: undefined },
    { status: 'rejected', reason: { kind: 'failed', message: expect.stringContaining('WRONGTYPE no text') } },
  ])
})

test('hints that fail at first are asked for again, and heard once', async () => {
  let asked = 0
  const messages: ((channel: string, key: string) => void)[] = []
  const subscriber: RedisSubscriber = {
    on: (_event, listener) => messages.push(listener),
    subscribe: () => {
      asked += 1
      if (asked < 3) throw new Error('no connection')
    },
    unsubscribe: () => {},
  }
  const store = redisStore({ call: async (command, args) => answer(command, args) }, { subscriber })
  let calls = 0
  const listener = () => {
    calls += 1
  }
  for (let turn = 0; turn < 4; turn += 1) {
    store.watch?.('a', listener)
    await new Promise(setImmediate)
  }
  expect([asked, messages.length]).toEqual([3, 1])
  for (const message of messages) message('{stillonce}:writes', 'a')
  expect(calls).toBe(4)

  const stop = store.watchAll?.(listener)
  for (const message of messages) message('{stillonce}:writes', 'b')
  stop?.()
  for (const message of messages) message('{stillonce}:writes', 'b')
  expect(calls).toBe(5)
})

test('ioredis tells of a subscription through the listener, and that is no write', async () => {
  let hear = (_channel: string, _key: string) => {}
  const subscriber = {
    on: (_event: string, listener: typeof hear) => (hear = listener),
    subscribe: async (_channel: string, listener: (error: unknown) => void) => {
      for (const error of [null, new Error('lost')]) listener(error)
    },
    unsubscribe: () => {},
  }
  const store = redisStore({ call: async (command, args) => answer(command, args) }, { subscriber })
  let calls = 0
  store.watchAll?.(() => (calls += 1))
  await new Promise(setImmediate)
  expect(calls).toBe(0)
  hear('{stillonce}:writes', 'a')
  expect(calls).toBe(1)
})

test('close waits for no server that is away', async () => {
  const away = () => new Promise<void>(() => {})
  const store = redisStore(
    { call: async (command, args) => answer(command, args) },
    { subscriber: { subscribe: away, unsubscribe: away } },
  )
  store.watch?.('a', () => {})
  await expect(store.close?.()).resolves.toBeUndefined()
})

test('a connection that hangs at the first question holds up its own write alone', async () => {
  let asked = 0
  const store = redisStore({
    call: async (command, args) =>
      command === 'INFO' && ++asked === 1 ? new Promise(() => {}) : answer(command, args),
  })
  void store.set('hangs', 'x', NEW)
  expect(await store.set('goes on', 'x', NEW)).toEqual(expect.any(String))
})

test('ioredis sends again by itself after a lost connection: an answer that may be the second copy’s is doubt', async () => {
  const events = new EventEmitter()
  const client = (loses: boolean) => ({
    on: (event: string, listener: () => void) => events.on(event, listener),
    call: async (command: string, args: string[]) => {
      if (command === 'INFO') return answer(command)
      if (loses) events.emit('close')
      // Of a script of writes, or of a deletion.
      return args[1] === '3' ? [0] : 0
    },
  })
  const inDoubt = { kind: 'failed', reason: 'lost' }
  await expect(redisStore(client(true)).set('a', 'x', NEW)).rejects.toMatchObject(inDoubt)
  await expect(redisStore(client(true)).delete('a', { expected: '1' })).rejects.toMatchObject(inDoubt)
  expect(await redisStore(client(false)).set('a', 'x', NEW)).toBeUndefined()
  expect(await redisStore(client(false)).delete('a', { expected: '1' })).toBe(false)
})

describe('a server that may drop keys when its memory is full', () => {
  const EVICTS = 'used_memory:1\r\nmaxmemory_policy:allkeys-lru\r\n'

  function evicting(info: unknown): { readonly sent: string[]; readonly client: { readonly call: Call } } {
    const sent: string[] = []
    const call: Call = async (command, args) => {
      sent.push(command)
      return command === 'INFO' ? info : answer(command, args)
    }
    return { sent, client: { call } }
  }

  test.each([
    ['by its policy', EVICTS, 'maxmemory-policy is allkeys-lru'],
    ['as far as can be seen', 'used_memory:1\r\n', 'INFO memory names no maxmemory_policy'],
  ])('is refused before the first write, and at each: %s', async (_, info, why) => {
    const { sent, client } = evicting(info)
    const store = redisStore(client)
    for (const key of ['a', 'b']) {
      const refused = { kind: 'failed', message: expect.stringContaining(why) as unknown }
      await expect(store.set(key, 'x', NEW)).rejects.toMatchObject(refused)
    }
    expect(sent).toEqual(['INFO', 'INFO'])
    expect(store.isWeak).toBeUndefined()
  })

  test('is taken where `allowEviction` waives it: the store says that it is weak', async () => {
    const { sent, client } = evicting(EVICTS)
    const store = redisStore(client, { allowEviction: true })
    expect(await store.set('a', 'x', NEW)).toEqual(expect.any(String))
    expect(sent).toEqual(['EVALSHA'])
    expect(store).toMatchObject({ isWeak: true, isBounded: true })
  })

  test('is asked once, where it keeps all', async () => {
    const { sent, client } = evicting('maxmemory_policy:noeviction\r\n')
    const store = redisStore(client)
    await store.set('a', 'x', NEW)
    await store.set('b', 'x', NEW)
    expect(sent).toEqual(['INFO', 'EVALSHA', 'EVALSHA'])
  })
})
