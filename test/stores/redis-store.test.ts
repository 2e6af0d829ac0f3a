import { EventEmitter } from 'node:events'
import { expect, test } from 'vitest'
import type { RedisSubscriber } from '../../src/stores/redis/redis-client.ts'
import { redisStore } from '../../src/stores/redis/redis-store.ts'

/* What needs no server; test/fleet holds the store to the contract on one. */

const NEW = { expected: null, open: true } as const

/** As a server that takes everything, or says what `fails` throws to a script. */
function answer(command: string | undefined, fails?: Error): unknown {
  if (command === 'INFO') return 'maxmemory_policy:noeviction\r\n'
  if (command === 'HMGET') return [null, null]
  if (fails) throw fails
  return 1
}

test('a client of each library gets its commands as that one takes them', async () => {
  const sent: unknown[][] = []
  const take = async (...given: unknown[]) => {
    sent.push(given)
    return ['x', 'v']
  }
  const record = '{stillonce}:record:a'
  const fields = [record, 'v', 'n']
  await redisStore({ call: take }).get('a')
  await redisStore({ sendCommand: take }).get('a')
  await redisStore({ masters: [], sendCommand: take }).get('a')
  await redisStore({ getMasterNode: () => {}, sendCommand: take }).get('a')
  expect(sent).toEqual([
    ['HMGET', fields],
    [['HMGET', ...fields]],
    [record, false, ['HMGET', ...fields]],
    [false, ['HMGET', ...fields]],
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
    call: async command => answer(command, new Error(message)),
  })
  await expect(failing.set('a', 'x', NEW)).rejects.toMatchObject({ kind: 'failed', reason })
})

test('an error holds nothing of the record: ioredis puts the command with its arguments into its own', async () => {
  const store = redisStore({
    call: async (command, args) =>
      answer(command, Object.assign(new Error('OOM no'), { command: { name: command, args } })),
  })
  const error: unknown = await store.set('a', 'a card number', NEW).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ reason: 'full', cause: { message: 'OOM no' } })
  expect(error).not.toHaveProperty('cause.command')
})

test('a client that gives no texts is told so: what is there is not taken for absent', async () => {
  const texts = { v: Buffer.from('x'), n: Buffer.from('v') }
  const store = redisStore({ call: async () => [texts.v, texts.n] })
  await expect(store.get('a')).rejects.toMatchObject({ kind: 'failed' })
  expect(await redisStore({ call: async () => [null, null] }).get('a')).toBeUndefined()
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
  const store = redisStore({ call: async command => answer(command) }, { subscriber })
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
})

test('close waits for no server that is away', async () => {
  const away = () => new Promise<void>(() => {})
  const store = redisStore(
    { call: async command => answer(command) },
    { subscriber: { subscribe: away, unsubscribe: away } },
  )
  store.watch?.('a', () => {})
  await expect(store.close?.()).resolves.toBeUndefined()
})

test('a connection that hangs at the first question holds up its own write alone', async () => {
  let asked = 0
  const store = redisStore({
    call: async command => (command === 'INFO' && ++asked === 1 ? new Promise(() => {}) : answer(command)),
  })
  void store.set('hangs', 'x', NEW)
  expect(await store.set('goes on', 'x', NEW)).toEqual(expect.any(String))
})

test('ioredis sends again by itself after a lost connection: an answer that may be the second copy’s is doubt', async () => {
  const events = new EventEmitter()
  const client = (loses: boolean) => ({
    on: (event: string, listener: () => void) => events.on(event, listener),
    call: async (command: string) => {
      if (command === 'INFO') return answer(command)
      if (loses) events.emit('close')
      return 0
    },
  })
  const inDoubt = { kind: 'failed', reason: 'lost' }
  await expect(redisStore(client(true)).set('a', 'x', NEW)).rejects.toMatchObject(inDoubt)
  await expect(redisStore(client(true)).delete('a', { expected: '1' })).rejects.toMatchObject(inDoubt)
  expect(await redisStore(client(false)).set('a', 'x', NEW)).toBeUndefined()
  expect(await redisStore(client(false)).delete('a', { expected: '1' })).toBe(false)
})
