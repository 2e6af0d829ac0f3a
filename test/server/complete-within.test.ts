import type { PGlite, Transaction } from '@electric-sql/pglite'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { configurationError } from '../../src/public/errors.ts'
import type { DatabaseTransaction, RecordStore, SetOptions } from '../../src/public/store.ts'
import { systemDigest } from '../../src/runtime/digest.ts'
import type { Execution } from '../../src/server/execution.ts'
import { buildIdempotency } from '../../src/server/idempotency.ts'
import { isIdempotencyError } from '../../src/server/idempotency-error.ts'
import { NotExecuted } from '../../src/server/answer/not-executed.ts'
import type { IdempotencyOptions } from '../../src/server/options.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { postgresStore, type PostgresStoreOptions } from '../../src/stores/postgres/postgres-store.ts'
import { openPGlite } from '../stores/pglite.ts'
import { post, told } from './trial-server.ts'

let database: PGlite

beforeAll(async () => {
  database = await openPGlite()
  await database.exec('CREATE TABLE orders (key text)')
})
afterAll(() => database?.close())
beforeEach(() => database.exec('DELETE FROM orders; DELETE FROM stillonce_records'))

const COMPLETED_BEFORE =
  'The handler has completed the key already, in this transaction or in one that has committed: this transaction cannot commit. Let it fail, and let the error be thrown.'

const messagesOf = (errors: readonly unknown[]) =>
  errors.map(error => (error instanceof Error ? error.message : error))

const BEGIN = Date.UTC(2026, 0, 1)

/** A promise that the test keeps. */
function opened<Value = void>() {
  let resolve: (value: Value) => void = () => {}
  const promise = new Promise<Value>(kept => {
    resolve = kept
  })
  return { promise, resolve }
}

const storeOf = (options: PostgresStoreOptions = {}) =>
  postgresStore(database, { now: () => BEGIN, ...options })

/** A process on a clock that stands where it is set, and whose timers go off where the test says so. */
function trial(options: Partial<IdempotencyOptions> = {}, { at = 0, runner = 'one' } = {}) {
  const timers: { readonly ms: number; readonly call: () => void; isOff: boolean }[] = []
  const events: string[] = []
  const errors: unknown[] = []
  const once = buildIdempotency(
    {
      store: storeOf(),
      scope: 'shop',
      onEvent: ({ type }) => void events.push(type),
      onError: error => void errors.push(error),
      ...options,
    },
    () => ({
      runnerId: runner,
      now: () => BEGIN + at,
      after: (ms, call) => {
        const timer = { ms, call, isOff: false }
        timers.push(timer)
        return () => {
          timer.isOff = true
        }
      },
      digest: systemDigest(),
    }),
  )
  const fire = (ms: number) => {
    for (const timer of timers.filter(one => one.ms === ms && !one.isOff)) {
      timer.isOff = true
      timer.call()
    }
  }
  return { once, events, errors, fire }
}

/** The same store, of which calls fail that are not in a transaction. */
function failingStore(): { readonly store: RecordStore; isDown: boolean; loses: number } {
  const inner = storeOf()
  const state = { isDown: false, loses: 0 }
  const through = async <Value>(work: () => Promise<Value>): Promise<Value> => {
    if (state.isDown) throw new Error('the store is down')
    return work()
  }
  return Object.assign(state, {
    store: {
      ...inner,
      get: (key: string) => through(() => inner.get(key)),
      set: (key: string, value: string, given: SetOptions) =>
        through(async () => {
          const version = await inner.set(key, value, given)
          if (state.loses === 0) return version
          state.loses -= 1
          state.isDown = true
          throw new Error('the reply was lost')
        }),
      delete: (key: string, given: { readonly expected: string }) => through(() => inner.delete(key, given)),
    },
  })
}

const insertOrder = (transaction: Transaction, { key }: Execution) =>
  transaction.query('INSERT INTO orders VALUES ($1)', [key])

const created = (order = 1) => Response.json({ order }, { status: 201 })

/** As a service writes it. */
async function place(_: Request, execution: Execution): Promise<Response> {
  return database.transaction(async transaction => {
    await insertOrder(transaction, execution)
    return execution.completeWithin(transaction, created())
  })
}

async function orders(): Promise<number> {
  const { rows } = await database.query<{ readonly count: number }>(
    'SELECT count(*)::int AS count FROM orders',
  )
  return rows[0]!.count
}

const connectionLost = () => Object.assign(new Error('Connection terminated unexpectedly'), { code: 'EPIPE' })

describe('a key that is completed within its handler’s transaction', () => {
  test('is executed with its rows, and answered again', async () => {
    const { once, events, errors } = trial()
    expect(await told(once.handle(post('k1'), place))).toMatchObject({
      status: 201,
      body: { order: 1 },
      replayed: false,
    })
    expect(errors).toEqual([])
    expect(await told(once.handle(post('k1'), place))).toMatchObject({
      status: 201,
      body: { order: 1 },
      replayed: true,
    })
    expect(await orders()).toBe(1)
    expect(events).toEqual(['claimed', 'completed', 'replayed'])
  })

  test('has its first answer go out with all its headers', async () => {
    const { once } = trial()
    const answer = await once.handle(post('k1'), async (request, execution) => {
      const response = await place(request, execution)
      response.headers.set('set-cookie', 'seen=1')
      return response
    })
    expect(answer.headers.get('set-cookie')).toBe('seen=1')
  })

  test('is answered again where the process died after the commit', async () => {
    const { once } = trial()
    const committed = opened()
    void once.handle(post('k1'), async (request, execution) => {
      await place(request, execution)
      committed.resolve()
      return new Promise<Response>(() => {})
    })
    await committed.promise
    const other = trial({ resumable: true }, { runner: 'two', at: 31_000 })
    expect(await told(other.once.handle(post('k1'), place))).toMatchObject({ status: 201, replayed: true })
    expect(await orders()).toBe(1)
  })

  test('is a success where the acknowledgement of the commit was lost', async () => {
    const { once, events, errors } = trial()
    const lost = connectionLost()
    const handler = async (request: Request, execution: Execution) => {
      await place(request, execution)
      throw lost
    }
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({
      status: 201,
      body: { order: 1 },
      replayed: false,
    })
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ status: 201, replayed: true })
    expect(await orders()).toBe(1)
    expect(events).toEqual(['claimed', 'completed', 'replayed'])
    expect(errors).toEqual([lost])
  })

  test('is a success even where its handler takes that for a rollback', async () => {
    const { once } = trial()
    const handler = async (request: Request, execution: Execution) => {
      await place(request, execution)
      throw new NotExecuted('the connection is gone')
    }
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ status: 201 })
    expect(await orders()).toBe(1)
  })

  test('is a success where the time is up after the commit, told once', async () => {
    const { once, events, fire } = trial({ timeout: 60_000 })
    const ended = opened<Response>()
    const committed = opened()
    const answer = once.handle(post('k1'), async (request, execution) => {
      await place(request, execution)
      committed.resolve()
      return ended.promise
    })
    await committed.promise
    fire(60_000)
    expect(await told(answer)).toMatchObject({ status: 201, body: { order: 1 } })
    ended.resolve(created())
    await once.idle()
    expect(events).toEqual(['claimed', 'completed'])
  })

  test('gives what was committed where the handler answers something else', async () => {
    const { once } = trial()
    const handler = async (request: Request, execution: Execution) => {
      await place(request, execution)
      return new Response('the mail could not be sent', { status: 500 })
    }
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ status: 201, body: { order: 1 } })
  })

  test('keeps no body where `stores` leaves it out, and is executed all the same', async () => {
    const { once } = trial({ stores: () => false })
    await once.handle(post('k1'), place)
    expect(await told(once.handle(post('k1'), place))).toMatchObject({
      status: 201,
      body: '',
      replayed: true,
    })
    expect(await orders()).toBe(1)
  })

  test('is sealed by the store’s codec', async () => {
    const codec = {
      encrypt: (text: string) => btoa(text),
      decrypt: (text: string) => atob(text),
    }
    const { once } = trial({ store: storeOf({ codec }) })
    await once.handle(post('k1'), place)
    const { rows } = await database.query<{ readonly value: string }>('SELECT value FROM stillonce_records')
    expect(rows.filter(({ value }) => value.includes('{'))).toEqual([])
    expect(await told(once.handle(post('k1'), place))).toMatchObject({ status: 201, replayed: true })
  })
})

describe('a transaction that was rolled back', () => {
  const fail = async (_: Request, execution: Execution): Promise<Response> =>
    database.transaction(async transaction => {
      await insertOrder(transaction, execution)
      await execution.completeWithin(transaction, created())
      throw new Error('the disk is full')
    })

  test('completes nothing: what the handler threw is answered as ever', async () => {
    const { once } = trial()
    expect(await told(once.handle(post('k1'), fail))).toMatchObject({ status: 500, code: 'outcome-unknown' })
    expect(await told(once.handle(post('k1'), place))).toMatchObject({ status: 500, code: 'outcome-unknown' })
    expect(await orders()).toBe(0)
  })

  test('is run again by the next request where it is resumable', async () => {
    const { once } = trial({ resumable: true })
    expect(await told(once.handle(post('k1'), fail))).toMatchObject({ code: 'outcome-unknown' })
    expect(await told(once.handle(post('k1'), place))).toMatchObject({ status: 201, replayed: false })
    expect(await orders()).toBe(1)
  })

  test('frees the key where the handler says that nothing happened', async () => {
    const { once } = trial()
    const handler = (request: Request, execution: Execution) =>
      fail(request, execution).catch((cause: unknown) => {
        throw new NotExecuted('rolled back', { cause })
      })
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({
      status: 503,
      code: 'nothing-happened',
    })
    expect(await told(once.handle(post('k1'), place))).toMatchObject({ status: 201, replayed: false })
    expect(await orders()).toBe(1)
  })

  test('leaves the refusal that is answered instead', async () => {
    const { once } = trial()
    const handler = (request: Request, execution: Execution) =>
      fail(request, execution).catch(() => Response.json({ code: 'sold-out' }, { status: 422 }))
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ status: 422, code: 'sold-out' })
    expect(await told(once.handle(post('k1'), place))).toMatchObject({ status: 422, replayed: true })
  })

  test('is no success, though the handler answers one: nobody is told what is not so', async () => {
    const { once, errors } = trial()
    const handler = (request: Request, execution: Execution) =>
      fail(request, execution).catch(() => created())
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({
      status: 500,
      code: 'outcome-unknown',
    })
    expect(errors).toMatchObject([{ name: 'UncommittedSuccess' }])
    expect(await told(once.handle(post('k1'), place))).toMatchObject({ code: 'outcome-unknown' })
  })

  test('is repeated as a whole, and completes then', async () => {
    const { once, events } = trial()
    let tries = 0
    const tried = (execution: Execution) =>
      database.transaction(async transaction => {
        await insertOrder(transaction, execution)
        const answer = await execution.completeWithin(transaction, created((tries += 1)))
        if (tries < 3) throw new Error('could not serialize access')
        return answer
      })
    const handler = (_: Request, execution: Execution) =>
      tried(execution)
        .catch(() => tried(execution))
        .catch(() => tried(execution))
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ status: 201, body: { order: 3 } })
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ body: { order: 3 }, replayed: true })
    expect(await orders()).toBe(1)
    expect(events).toEqual(['claimed', 'completed', 'replayed'])
  })

  test('is not repeated behind its own commit: the second one cannot commit, and the first one’s answer goes out', async () => {
    const { once, errors } = trial()
    const handler = async (request: Request, execution: Execution) => {
      await place(request, execution)
      // What repeats transactions takes a lost acknowledgement for a rollback.
      return place(request, execution)
    }
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ status: 201, body: { order: 1 } })
    expect(await orders()).toBe(1)
    expect(messagesOf(errors)).toEqual([COMPLETED_BEFORE])
  })

  test('twice in one transaction is named as that, and nothing commits', async () => {
    const { once, errors } = trial({ resumable: true })
    const handler = (_: Request, execution: Execution) =>
      database.transaction(async transaction => {
        await insertOrder(transaction, execution)
        await execution.completeWithin(transaction, created(1))
        return execution.completeWithin(transaction, created(2))
      })
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ status: 500 })
    expect(messagesOf(errors)).toEqual([COMPLETED_BEFORE])
    expect(await orders()).toBe(0)
    expect(await told(once.handle(post('k1'), place))).toMatchObject({ status: 201, body: { order: 1 } })
  })
})

describe('a claim that was taken over', () => {
  /** A handler that stops before its transaction, and goes on after another process has done its work. */
  async function overtaken(transact: (execution: Execution) => Promise<Response>) {
    const first = trial({ resumable: true })
    const begun = opened()
    const goesOn = opened()
    const answer = told(
      first.once.handle(post('k1'), async (_, execution) => {
        begun.resolve()
        await goesOn.promise
        return transact(execution)
      }),
    )
    await begun.promise
    const second = trial({ resumable: true }, { runner: 'two', at: 31_000 })
    const handler = (_: Request, execution: Execution) =>
      database.transaction(async transaction => {
        await insertOrder(transaction, execution)
        return execution.completeWithin(transaction, created(2))
      })
    expect(await told(second.once.handle(post('k1'), handler))).toMatchObject({ status: 201 })
    goesOn.resolve()
    return { answer, first }
  }

  test('has its transaction fail, and tells what the other one did', async () => {
    const { answer, first } = await overtaken(execution => place(post('k1'), execution))
    expect(await answer).toMatchObject({ status: 201, body: { order: 2 }, replayed: true })
    expect(first.errors).toMatchObject([{ name: 'IdempotencyError', code: 'claim-lost' }])
    expect(messagesOf(first.errors)).toEqual([
      'Another process holds the key by now, or it is settled: this transaction cannot commit. Let it fail, and let the error be thrown.',
    ])
    expect(await orders()).toBe(1)
  })

  test('cannot commit, whatever its handler catches', async () => {
    let caught: unknown
    const { answer } = await overtaken(execution =>
      database.transaction(async transaction => {
        await insertOrder(transaction, execution)
        await execution.completeWithin(transaction, created(1)).catch((error: unknown) => (caught = error))
        return created(1)
      }),
    )
    expect(await answer).toMatchObject({ status: 201, body: { order: 2 } })
    expect(isIdempotencyError(caught) && caught.code).toBe('claim-lost')
    expect(await orders()).toBe(1)
  })
})

describe('a renewal of the lease', () => {
  test('that comes before the completion is no other holder', async () => {
    const { once, fire } = trial({ lease: 30_000 })
    const begun = opened()
    const goesOn = opened()
    const answer = told(
      once.handle(post('k1'), async (request, execution) => {
        begun.resolve()
        await goesOn.promise
        return place(request, execution)
      }),
    )
    await begun.promise
    fire(10_000)
    goesOn.resolve()
    expect(await answer).toMatchObject({ status: 201, replayed: false })
    expect(await orders()).toBe(1)
  })

  test('whose reply was lost is found in the transaction', async () => {
    const failing = failingStore()
    const { once, fire } = trial({ lease: 30_000, store: failing.store })
    const begun = opened()
    const goesOn = opened()
    const answer = told(
      once.handle(post('k1'), async (request, execution) => {
        begun.resolve()
        await goesOn.promise
        const response = await place(request, execution)
        failing.isDown = false
        return response
      }),
    )
    await begun.promise
    failing.loses = 1
    fire(10_000)
    await expect.poll(() => failing.isDown).toBe(true)
    goesOn.resolve()
    expect(await answer).toMatchObject({ status: 201, replayed: false })
    expect(await orders()).toBe(1)
  })

  test('that finds the commit does not stop the handler', async () => {
    const { once, fire } = trial({ lease: 30_000 })
    const committed = opened<Execution>()
    const goesOn = opened()
    const answer = told(
      once.handle(post('k1'), async (request, execution) => {
        const response = await place(request, execution)
        committed.resolve(execution)
        await goesOn.promise
        return response
      }),
    )
    const { signal, holds } = await committed.promise
    fire(10_000)
    expect(await holds()).toBe(false)
    expect(signal.aborted).toBe(false)
    goesOn.resolve()
    expect(await answer).toMatchObject({ status: 201 })
  })
})

describe('a store that fails at the end', () => {
  test.each<[string, () => Response]>([
    ['answered', () => created()],
    [
      'took it for a rollback',
      () => {
        throw new NotExecuted('rolled back')
      },
    ],
  ])('leaves it open what was committed, where the handler %s, and no repair undoes it', async (_, end) => {
    const failing = failingStore()
    const { once, fire } = trial({ store: failing.store })
    const handler = async (request: Request, execution: Execution) => {
      await place(request, execution)
      failing.isDown = true
      return end()
    }
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({
      status: 500,
      code: 'outcome-unknown',
    })
    failing.isDown = false
    expect(await told(once.handle(post('k1'), place))).toMatchObject({ status: 201, replayed: true })
    fire(100)
    await once.idle()
    expect(await told(once.handle(post('k1'), place))).toMatchObject({ status: 201, replayed: true })
    expect(await orders()).toBe(1)
  })
})

describe('completeWithin', () => {
  test('keeps the value of `run`', async () => {
    const { once } = trial()
    const work = (execution: Execution) =>
      database.transaction(async transaction => {
        await insertOrder(transaction, execution)
        return execution.completeWithin(transaction, { order: 7 })
      })
    const call = { scope: 'jobs', payload: null }
    expect(await once.run('k1', call, work)).toEqual({ value: { order: 7 }, replayed: false })
    expect(await once.run('k1', call, work)).toEqual({ value: { order: 7 }, replayed: true })
    expect(await orders()).toBe(1)
  })

  test('gives the value of `run` where the acknowledgement of the commit was lost', async () => {
    const { once } = trial()
    const end = await once.run('k1', { scope: 'jobs', payload: null }, async execution => {
      await database.transaction(async transaction => {
        await insertOrder(transaction, execution)
        await execution.completeWithin(transaction, { order: 7 })
      })
      throw connectionLost()
    })
    expect(end).toEqual({ value: { order: 7 }, replayed: false })
  })

  test('gives the answer back where no key protects the request', async () => {
    const { once } = trial({ required: false })
    expect(await told(once.handle(post(undefined), place))).toMatchObject({ status: 201 })
    expect(await orders()).toBe(1)
  })

  test.each<[string, (execution: Execution, transaction: DatabaseTransaction) => Promise<unknown>, unknown]>([
    [
      'a refusal',
      ({ completeWithin }, transaction) => completeWithin(transaction, new Response(null, { status: 402 })),
      configurationError(
        'completeWithin.answer',
        'must be a success: a refusal is answered after its transaction was rolled back',
      ),
    ],
    [
      'no Response',
      ({ completeWithin }, transaction) => completeWithin(transaction, { order: 1 }),
      new TypeError('The handler gave no Response.'),
    ],
    [
      'no transaction',
      // @ts-expect-error what is no transaction
      ({ completeWithin }) => completeWithin(undefined, created()),
      configurationError('completeWithin.transaction', 'must be an object with `query(text, values)`'),
    ],
  ])('refuses %s', async (_, call, error) => {
    const { once } = trial()
    const thrown: unknown[] = []
    await once.handle(post('k1'), async (__, execution) => {
      await database.transaction(async transaction => {
        await call(execution, transaction).catch((cause: unknown) => thrown.push(cause))
      })
      return created()
    })
    expect(thrown).toEqual([error])
  })

  test('refuses a store that has no transactions', async () => {
    const { once, errors } = trial({ store: memoryStore({ maxSettled: Infinity }) })
    await once.handle(post('k1'), (_, execution) =>
      execution.completeWithin({ query: async () => ({ rows: [] }) }, created()),
    )
    expect(errors).toEqual([
      configurationError('store', 'must lie in the database of the transaction: postgresStore(pool)'),
    ])
  })
})
