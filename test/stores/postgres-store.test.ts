import { readFileSync } from 'node:fs'
import type { PGlite } from '@electric-sql/pglite'
import { beforeAll, afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import type { PostgresClient, PostgresListener } from '../../src/stores/postgres/postgres-client.ts'
import { postgresStore, type PostgresStoreOptions } from '../../src/stores/postgres/postgres-store.ts'
import { storeContract } from '../../src/testing/store-contract.ts'
import { openPGlite } from './pglite.ts'
import { trialClock } from './trial-clock.ts'

/* On PGlite, which is PostgreSQL within this process; test/fleet does the same on a server. */
let database: PGlite

beforeAll(async () => {
  database = await openPGlite()
})

afterAll(() => database.close())

const OPEN = { expected: null, open: true } as const

describe('postgresStore keeps the contract', () => {
  test.each(storeContract)('$name', async ({ run }) => {
    const clock = trialClock()
    const open = () => postgresStore(database, { now: clock.now, table: 'contract' })
    await open().migrate()
    await expect(run({ clock, shared: true, open })).resolves.toBeUndefined()
  })
})

test('migrate is safe at each start, and from many at once', async () => {
  const stores = Array.from({ length: 4 }, () => postgresStore(database, { table: 'made_at_once' }))
  await Promise.all(stores.map(store => store.migrate()))
  const since = await stores[0]?.since?.()
  await stores[0]?.migrate()
  expect(await stores[1]?.since?.()).toBe(since)
})

test('what the page on many hosts shows for a migration of one’s own is what migrate sends', async () => {
  const sent: string[] = []
  await postgresStore({
    query: async text => {
      sent.push(text)
      return { rows: [] }
    },
  }).migrate()
  const page = readFileSync(new URL('../../docs/many-hosts.md', import.meta.url), 'utf8')
  const shown = /```sql\n([^`]+)```/.exec(page)?.[1]
  const now = 'coalesce($1::float8, extract(epoch from clock_timestamp())::float8 * 1000)'
  expect(shown).toBe(
    sent.map(text => `${text.replace(now, 'extract(epoch from clock_timestamp()) * 1000')};\n`).join(''),
  )
})

test('without its table the store says what to call', async () => {
  await expect(postgresStore(database, { table: 'not_made' }).get('a')).rejects.toMatchObject({
    kind: 'failed',
    message:
      'The Postgres store not_made could not be used: relation "not_made" does not exist. Call `await store.migrate()` once, before the first use.',
  })
})

test.each<[what: string, given: unknown]>([
  ['a list in place of { rows }, as porsager’s does', [{ value: '{}', version: '1' }]],
  ['nothing', undefined],
  ['an object without rows', { rowCount: 1 }],
  ['rows that are lists (rowMode)', { rows: [['{}', '1']] }],
])('a client that gives %s is told what it must give, at once', async (_, given) => {
  const query = vi.fn<PostgresClient['query']>(async () => given as never)
  const store = postgresStore({ query })
  const told = {
    kind: 'failed',
    message: expect.stringContaining('gave no { rows } of objects') as string,
  }
  await expect(store.get('a')).rejects.toMatchObject(told)
  expect(query).toHaveBeenCalledTimes(1)
  await expect(store.set('a', 'x', OPEN)).rejects.toMatchObject(told)
  await expect(store.delete('a', { expected: '1' })).rejects.toMatchObject(told)
  await expect(store.within({ query }).get('a')).rejects.toMatchObject(told)
})

test('the database’s clock is the one that counts where no other is given', async () => {
  const store = postgresStore(database)
  const nowAt = Date.now()
  await store.set('past', 'x', { expected: null, open: false, expiresAt: nowAt - 3_600_000 })
  await store.set('to come', 'x', { expected: null, open: false, expiresAt: nowAt + 3_600_000 })
  expect([await store.get('past'), (await store.get('to come'))?.value]).toEqual([undefined, 'x'])
})

test('keys of any length are kept apart, and found by their beginnings', async () => {
  const store = postgresStore(database)
  // 599 units, then one character of two: the cut falls into it.
  const head = `long/${'x'.repeat(594)}😀`
  const ends = ['a', 'b', 'é', '😀', `${'y'.repeat(5_000)}1`, `${'y'.repeat(5_000)}2`]
  const keys = ends.map(end => `${head}${end}`)
  for (const [at, key] of keys.entries()) await store.set(key, `${at}`, OPEN)
  const found = async (prefix: string): Promise<string[]> => {
    const values: string[] = []
    for await (const { key, value } of store.listOpen(prefix)) {
      expect(keys).toContain(key)
      values.push(value)
    }
    return values
  }
  expect(await found('long/')).toEqual(['0', '1', '2', '3', '4', '5'])
  expect(await found(`${head}a`)).toEqual(['0'])
  expect(await found(`${head}${'y'.repeat(5_000)}`)).toEqual(['4', '5'])
  const values = await Promise.all(keys.map(async key => (await store.get(key))?.value))
  expect(values).toEqual(['0', '1', '2', '3', '4', '5'])
})

describe('a statement whose answer is lost', () => {
  const lost = Object.assign(new Error('Connection terminated unexpectedly'), {})

  /** The first `count` statements that match are done, or not, and their answers are lost. */
  function losing(matching: RegExp, count: number, isDone: boolean): PostgresClient & { sent: number } {
    const client = {
      sent: 0,
      query: async (text: string, values: unknown[]) => {
        if (!matching.test(text)) return database.query(text, values)
        client.sent += 1
        if (client.sent > count) return database.query(text, values)
        if (isDone) await database.query(text, values)
        throw lost
      },
    }
    return client
  }

  test.each([true, false])('a first write that was done (%s) is written once, and known', async isDone => {
    const client = losing(/INSERT INTO "stillonce_records"/, 1, isDone)
    const store = postgresStore(client)
    const version = await store.set(`lost/create/${isDone}`, 'first', OPEN)
    expect(client.sent).toBe(2)
    expect(await store.get(`lost/create/${isDone}`)).toEqual({ value: 'first', version })
  })

  test.each([true, false])(
    'a write over a version that was done (%s) is written once, and known',
    async isDone => {
      const key = `lost/update/${isDone}`
      const first = (await postgresStore(database).set(key, 'first', OPEN)) ?? ''
      const store = postgresStore(losing(/UPDATE "stillonce_records"/, 1, isDone))
      const version = await store.set(key, 'second', { expected: first, open: true })
      expect(await store.get(key)).toEqual({ value: 'second', version })
    },
  )

  test('a write that was not done, and before which another came, is not said to be done or undone', async () => {
    const key = 'lost/race'
    const right = postgresStore(database)
    const first = (await right.set(key, 'first', OPEN)) ?? ''
    let sent = 0
    const store = postgresStore({
      query: async (text, values) => {
        if (text.startsWith('UPDATE') && ++sent === 1) {
          await right.set(key, 'another', { expected: first, open: true })
          throw lost
        }
        return database.query(text, values)
      },
    })
    await expect(store.set(key, 'second', { expected: first, open: true })).rejects.toMatchObject({
      kind: 'failed',
      reason: 'lost',
    })
    expect((await right.get(key))?.value).toBe('another')
  })

  test('where nobody lost a connection, another write that came first is just that', async () => {
    const store = postgresStore(database)
    await store.set('taken', 'first', OPEN)
    expect(await store.set('taken', 'second', OPEN)).toBeUndefined()
  })

  test('a delete is sent once', async () => {
    const version = (await postgresStore(database).set('lost/delete', 'x', OPEN)) ?? ''
    const client = losing(/DELETE/, 9, true)
    await expect(postgresStore(client).delete('lost/delete', { expected: version })).rejects.toMatchObject({
      reason: 'lost',
    })
    expect(client.sent).toBe(1)
  })

  test('the name of a system’s error is no SQLSTATE, five letters or not', async () => {
    const broken = Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })
    let sent = 0
    const store = postgresStore({
      query: async (text, values) => {
        if (text.startsWith('SELECT value') && ++sent === 1) throw broken
        return database.query(text, values)
      },
    })
    expect(await store.get('lost/pipe')).toBeUndefined()
    expect(sent).toBe(2)
  })

  test('a connection that stays away is an error after three more tries', async () => {
    const client = losing(/SELECT value/, 9, false)
    await expect(postgresStore(client).get('a')).rejects.toMatchObject({ kind: 'failed', reason: 'lost' })
    expect(client.sent).toBe(4)
  })
})

test.each([
  ['a serialization failure', '40001'],
  ['a deadlock', '40P01'],
])('after %s the statement is sent again, and was done once', async (_name, code) => {
  let sent = 0
  const store = postgresStore({
    query: async (text, values) => {
      if (text.startsWith('INSERT') && ++sent <= 3) throw Object.assign(new Error('undone'), { code })
      return database.query(text, values)
    },
  })
  expect(await store.set(`undone/${code}`, 'x', OPEN)).toEqual(expect.any(String))
  expect(sent).toBe(4)
})

test.each([
  ['42501', 'blocked'],
  ['25006', 'blocked'],
  ['53100', 'full'],
  ['53300', 'busy'],
  ['57014', 'busy'],
  ['XX000', undefined],
])('SQLSTATE %s is told at once, as %s', async (code, reason) => {
  let sent = 0
  const store = postgresStore({
    query: async () => {
      sent += 1
      throw Object.assign(new Error('no'), { code })
    },
  })
  await expect(store.get('a')).rejects.toMatchObject({ kind: 'failed', reason })
  expect(sent).toBe(1)
})

describe('a role whose commits are acknowledged before the disk has them', () => {
  const asynchronous: PostgresClient = {
    query: async (text, values) =>
      text.includes('synchronous_commit') ? { rows: [{ setting: 'off' }] } : database.query(text, values),
  }

  test('is refused: nothing is written', async () => {
    await expect(postgresStore(asynchronous).set('refused', 'x', OPEN)).rejects.toMatchObject({
      kind: 'failed',
      message: expect.stringContaining('synchronous_commit is off'),
    })
    expect(await postgresStore(database).get('refused')).toBeUndefined()
  })

  test('is refused whatever a transaction sets for itself, and so is a transaction of another role', async () => {
    const store = postgresStore(asynchronous)
    await database.transaction(async transaction => {
      expect(await store.within(transaction).set('in it', 'x', OPEN)).toEqual(expect.any(String))
    })
    await expect(store.set('refused', 'x', OPEN)).rejects.toMatchObject({ kind: 'failed' })

    const other = postgresStore(database)
    expect(await other.set('beside it', 'x', OPEN)).toEqual(expect.any(String))
    await expect(other.within(asynchronous).set('refused', 'x', OPEN)).rejects.toMatchObject({
      kind: 'failed',
    })
    expect(await other.get('refused')).toBeUndefined()
  })

  test('is taken where that is said, and the store is weak', async () => {
    const store = postgresStore(asynchronous, { allowAsyncCommit: true })
    expect(store.isWeak).toBe(true)
    expect(await store.set('async', 'x', OPEN)).toEqual(expect.any(String))
    expect(postgresStore(database).isWeak).toBeUndefined()
  })
})

test('a connection that hangs at the first question holds up its own write alone', async () => {
  let asked = 0
  const store = postgresStore({
    query: async (text, values) => {
      if (text.includes('synchronous_commit') && ++asked === 1) return new Promise(() => {})
      return database.query(text, values)
    },
  })
  void store.set('hangs', 'x', OPEN)
  expect(await store.set('goes on', 'x', OPEN)).toEqual(expect.any(String))
})

test('what has expired is swept beside the writes, in batches, and nothing else', async () => {
  const clock = trialClock()
  const store = postgresStore(database, { table: 'swept', now: clock.now })
  await store.migrate()
  await database.query(
    `INSERT INTO swept (id, value, version, place, open, expires_at)
     SELECT 'old/' || n, 'x', 'v', n, false, $1 FROM generate_series(1, 2500) n`,
    [clock.now() - 1],
  )
  await store.set('open', 'x', OPEN)
  for (let written = 0; written < 255; written += 1) {
    await store.set(`new/${written}`, 'x', { expected: null, open: false, expiresAt: clock.now() + 1_000 })
  }
  const rows = async () =>
    (await database.query<{ n: number }>('SELECT count(*)::int n FROM swept')).rows[0]?.n
  expect(await rows()).toBe(2_756)
  await store.set('new/255', 'x', { expected: null, open: false, expiresAt: clock.now() + 1_000 })
  await store.close?.()
  // The batch under way when the store is closed is the last one: 1,000 of 2,500 at least.
  expect(await rows()).toBeLessThanOrEqual(1_757)
  expect((await postgresStore(database, { table: 'swept', now: clock.now }).get('open'))?.value).toBe('x')
})

test('hints: a write calls those who watch its key, from the commit on; a lost connection is opened again only while somebody watches', async () => {
  const channel = new Set<(message: { payload?: string }) => void>()
  let connections = 0
  const listen = async (): Promise<PostgresListener> => {
    connections += 1
    const unlisten: (() => Promise<void>)[] = []
    const own = new Set<(message: { payload?: string }) => void>()
    return {
      query: async () => {
        unlisten.push(
          await database.listen('stillonce_records', payload => {
            for (const call of own) call({ payload })
          }),
        )
      },
      on: (event, listener) => {
        if (event !== 'notification') return
        own.add(listener)
        channel.add(listener)
      },
      end: async () => {
        for (const stop of unlisten) await stop()
      },
    }
  }
  const store = postgresStore(database, { listen })
  let calls = 0
  const stop = store.watch?.('hinted', () => {
    calls += 1
  })
  await expect.poll(() => connections).toBe(1)
  await expect
    .poll(async () => {
      await store.set(`hinted/${calls}`, 'of another key', OPEN)
      return channel.size
    })
    .toBe(1)
  const version = await store.set('hinted', 'x', OPEN)
  await expect.poll(() => calls).toBe(1)
  stop?.()
  await store.set('hinted', 'y', { expected: version ?? '', open: true })
  await store.close?.()
  expect({ calls, connections }).toEqual({ calls: 1, connections: 1 })
})

test('hints: a connection that tells late that it has ended does not take those of the one in its place', async () => {
  vi.useFakeTimers()
  const made: Map<string, (message: { payload?: string }) => void>[] = []
  const ended: number[] = []
  const listen = async (): Promise<PostgresListener> => {
    const heard = new Map<string, (message: { payload?: string }) => void>()
    const number = made.push(heard)
    return {
      query: async () => {},
      on: (event: string, listener: (message: { payload?: string }) => void) => heard.set(event, listener),
      end: async () => ended.push(number),
    }
  }
  const store = postgresStore(database, { listen })
  let calls = 0
  const stop = store.watchAll?.(() => {
    calls += 1
  })
  await vi.advanceTimersByTimeAsync(0)
  made[0]?.get('error')?.({})
  await vi.advanceTimersByTimeAsync(1_000)
  made[0]?.get('end')?.({})
  await vi.advanceTimersByTimeAsync(10_000)
  made[1]?.get('notification')?.({ payload: 'any' })
  expect({ calls, connections: made.length, ended }).toEqual({ calls: 1, connections: 2, ended: [1] })

  stop?.()
  made[1]?.get('end')?.({})
  await vi.advanceTimersByTimeAsync(10_000)
  expect({ calls, connections: made.length }).toEqual({ calls: 1, connections: 2 })
  await store.close?.()
  vi.useRealTimers()
})

describe('hints: close', () => {
  const never = () => new Promise<never>(() => {})
  const listener = { query: async () => {}, on: () => {}, end: async () => {} }

  test.each([
    ['that is made', never],
    ['that is to listen', async () => ({ ...listener, query: never })],
    ['that is to end', async () => ({ ...listener, end: never })],
  ])('waits a second at most for a connection %s, where the database is away', async (_, listen) => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const store = postgresStore(database, { listen })
    store.watchAll?.(() => {})
    await vi.advanceTimersByTimeAsync(0)
    let isClosed = false
    const closing = store.close?.().then(() => (isClosed = true))
    await vi.advanceTimersByTimeAsync(1_000)
    expect(isClosed).toBe(true)
    await closing
    expect(vi.getTimerCount()).toBe(0)
  })

  test('ends a connection whose LISTEN is not answered', async () => {
    let ended = 0
    const listen = async () => ({ ...listener, query: never, end: async () => (ended += 1) })
    const store = postgresStore(database, { listen })
    store.watchAll?.(() => {})
    await new Promise(setImmediate)
    await store.close?.()
    expect(ended).toBe(1)
  })

  test('ends a connection that is there only afterwards, and nobody hears through it', async () => {
    let connect = (_listener: PostgresListener) => {}
    const heard = new Map<string, (message: { payload?: string }) => void>()
    let ended = 0
    const listen = () => new Promise<PostgresListener>(resolve => (connect = resolve))
    const store = postgresStore(database, { listen })
    let calls = 0
    store.watchAll?.(() => (calls += 1))
    await Promise.resolve()
    const closing = store.close?.()
    connect({
      query: async () => {},
      on: (event: string, told: (message: { payload?: string }) => void) => heard.set(event, told),
      end: async () => (ended += 1),
    })
    await closing
    heard.get('notification')?.({ payload: 'any' })
    // It says so itself, as `pg` does.
    heard.get('end')?.({})
    expect({ calls, ended }).toEqual({ calls: 0, ended: 1 })
  })
})

test('hints: a connection that cannot listen is ended, and another one is made after a pause', async () => {
  vi.useFakeTimers()
  let made = 0
  let ended = 0
  const listen = (): Promise<PostgresListener> => {
    made += 1
    if (made === 1) throw new Error('no address')
    const query = () => Promise.reject(new Error('may not listen'))
    return Promise.resolve({ query, on: () => {}, end: async () => (ended += 1) })
  }
  const store = postgresStore(database, { listen })
  store.watch?.('a', () => {})
  await vi.advanceTimersByTimeAsync(1_000)
  expect([made, ended]).toEqual([2, 1])
  await vi.advanceTimersByTimeAsync(2_000)
  expect([made, ended]).toEqual([3, 2])
  await store.close?.()
  expect(vi.getTimerCount()).toBe(0)
  vi.useRealTimers()
})

test.each([
  [
    { query: 1 },
    {},
    'postgresStore.pool: must be an object with `query(text, values)`: a Pool of pg, a PGlite',
  ],
  [
    {},
    { table: 'a; drop' },
    'postgresStore.table: must be small letters, digits and underscores, at most 40',
  ],
  [
    {},
    { pool: 2 },
    'postgresStore.pool: must be left out: the options are table, schema, listen, allowAsyncCommit, now, codec',
  ],
])('a wrong argument is named: %j %j', (pool, options, message) => {
  const client = 'query' in pool ? pool : { query: async () => ({ rows: [] }) }
  expect(() => postgresStore(client as PostgresClient, options as PostgresStoreOptions)).toThrow(message)
})
