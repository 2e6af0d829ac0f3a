import type { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, beforeEach, describe, expect, onTestFinished, test } from 'vitest'
import { createClient, defineProfile, memoryStore } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { enqueue, postgresStore } from '../../src/entries/postgres.ts'
import { fakeServer } from '../../src/entries/testing.ts'
import { configurationError } from '../../src/public/errors.ts'
import { openPGlite } from './pglite.ts'

let database: PGlite

beforeAll(async () => {
  database = await openPGlite()
  await database.exec('CREATE TABLE orders (id text)')
})
afterAll(() => database?.close())
beforeEach(() => database.exec('DELETE FROM orders; DELETE FROM stillonce_records'))

type Charge = { readonly order: string; readonly amount: number }

const server = fakeServer()
const fake = defineProfile({
  name: 'fake',
  honoursKeys: true,
  header: 'Idempotency-Key',
  retention: 86_400_000,
  delivers: 'once',
  replayed: { header: 'Idempotent-Replayed', value: 'true' },
})
beforeEach(() => server.reset())

/** A process of the service. */
function service(options: Partial<Parameters<typeof createClient>[0]> = {}, under = '') {
  const client = createClient({
    transport: fetchTransport({ baseUrl: server.url, fetch: server.fetch }),
    store: postgresStore(database),
    scope: 'billing',
    profile: fake,
    timeout: 1_000,
    deadline: 5_000,
    retry: { attempts: 1 },
    ...options,
  })
  const definition = {
    name: 'charge',
    id: ({ order }: Charge) => order,
    request: (charge: Charge) => ({ method: 'post', url: `${under}charges`, json: charge }),
    cancel: {
      request: ({ key }: { readonly key: string }) => ({ method: 'delete', url: `charges/by-key/${key}` }),
      read: () => ({ sealed: true }) as const,
    },
  }
  return { client, charge: client.operation({ ...definition, persist: 'request' }), definition }
}

const all = { scope: 'all', send: true } as const

const orders = async () => (await database.query('SELECT id FROM orders')).rows

/** The order and its charge, as a service writes them. */
const place = ({ charge }: ReturnType<typeof service>, id = 'o1', amount = 5) =>
  database.transaction(async transaction => {
    await transaction.query('INSERT INTO orders VALUES ($1)', [id])
    return enqueue(transaction, charge, { order: id, amount })
  })

describe('an operation that is enqueued', () => {
  test('is there with the rows of its transaction, has sent nothing, and is not said to be not executed', async () => {
    const snapshot = await place(service())
    expect(snapshot).toMatchObject({
      id: 'o1',
      name: 'charge',
      state: 'pending',
      outcome: 'unknown',
      attempts: 0,
    })
    expect(await orders()).toEqual([{ id: 'o1' }])
    expect(server.effects).toEqual([])

    const listed = await service().client.pending({ scope: 'all' })
    expect(listed).toMatchObject([{ id: 'o1', key: snapshot.key, outcome: 'unknown' }])
  })

  test('is sent under its key by another process', async () => {
    const { key } = await place(service())
    const other = service()
    expect(await other.client.resume(all)).toMatchObject([{ id: 'o1', outcome: 'executed' }])
    expect(server.effects).toEqual([
      { method: 'POST', path: '/charges', key, body: '{"order":"o1","amount":5}' },
    ])
    expect(await other.client.resume(all)).toEqual([])
    expect(await other.charge.run({ order: 'o1', amount: 5 })).toEqual({ id: 1 })
    expect(server.effects.length).toBe(1)
  })

  test('is joined by a call of the same input', async () => {
    const process = service()
    const { key } = await place(process)
    expect(await process.charge.run({ order: 'o1', amount: 5 })).toEqual({ id: 1 })
    expect(server.effects.map(effect => effect.key)).toEqual([key])
  })

  test('is sent however old it is', async () => {
    await place(service())
    await database.exec(
      `UPDATE stillonce_records SET value = regexp_replace(value, '"createdAt":[0-9]+', '"createdAt":0')`,
    )
    expect(await service().client.resume(all)).toMatchObject([{ outcome: 'executed' }])
  })

  test('leaves nothing where its transaction is rolled back', async () => {
    const process = service()
    const failed = database.transaction(async transaction => {
      await transaction.query('INSERT INTO orders VALUES ($1)', ['o1'])
      await enqueue(transaction, process.charge, { order: 'o1', amount: 5 })
      throw new Error('the stock is gone')
    })
    await expect(failed).rejects.toThrow('the stock is gone')
    expect(await orders()).toEqual([])
    expect(await process.charge.inspect({ order: 'o1', amount: 5 })).toBe(undefined)
    expect(await process.client.resume(all)).toEqual([])
  })

  test('leaves nothing where its transaction is rolled back to a savepoint, and may be enqueued again', async () => {
    const process = service()
    const keys = await database.transaction(async transaction => {
      await transaction.query('SAVEPOINT before')
      const undone = await enqueue(transaction, process.charge, { order: 'o1', amount: 6 })
      await transaction.query('ROLLBACK TO before')
      const { key } = await enqueue(transaction, process.charge, { order: 'o1', amount: 5 })
      return [undone.key, key]
    })
    expect(keys[0]).not.toBe(keys[1])
    await process.client.resume(all)
    expect(server.effects.map(({ key, body }) => [key, body])).toEqual([
      [keys[1], '{"order":"o1","amount":5}'],
    ])
  })

  test('is one operation, enqueued twice with the same payload: in one transaction, in two, after it was executed', async () => {
    const process = service()
    const keys = await database.transaction(async transaction => [
      (await enqueue(transaction, process.charge, { order: 'o1', amount: 5 })).key,
      (await enqueue(transaction, process.charge, { order: 'o1', amount: 5 })).key,
    ])
    keys.push((await place(service())).key)
    await process.client.resume(all)
    const again = await place(service())
    expect(new Set([...keys, again.key]).size).toBe(1)
    expect(again).toMatchObject({ state: 'succeeded', outcome: 'executed' })
    expect(await process.client.resume(all)).toEqual([])
    expect(server.effects.length).toBe(1)
  })

  test('is refused with another payload, and the transaction may go on', async () => {
    const process = service()
    await place(process)
    let error: unknown
    await database.transaction(async transaction => {
      await enqueue(transaction, process.charge, { order: 'o1', amount: 6 }).catch((cause: unknown) => {
        error = cause
      })
      await transaction.query('INSERT INTO orders VALUES ($1)', ['noted'])
    })
    expect(error).toMatchObject({
      name: 'OperationError',
      code: 'payload-mismatch',
      reason: 'changed',
      outcome: 'unknown',
      operationId: 'o1',
    })
    expect(await orders()).toEqual([{ id: 'o1' }, { id: 'noted' }])
    await process.client.resume(all)
    expect(server.effects.map(({ body }) => body)).toEqual(['{"order":"o1","amount":5}'])
  })

  test('is a new generation after a proven failure', async () => {
    const process = service()
    const first = await place(process)
    await process.charge.cancel({ order: 'o1', amount: 5 })
    await process.client.resume(all)
    expect(server.effects).toEqual([])
    const second = await place(process, 'o1', 6)
    expect(second.generation).toBe((first.generation ?? 0) + 1)
    expect(second.key).not.toBe(first.key)
    await process.client.resume(all)
    expect(server.effects.map(({ key }) => key)).toEqual([second.key])
  })

  test('goes on where a call of it was turned away: nobody is told that it was not executed', async () => {
    const process = service()
    server.always({ status: 429 })
    await place(process)
    const end = await process.charge.start({ order: 'o1', amount: 5 }).settled
    expect(end).toMatchObject({ outcome: 'unknown' })
    expect(await process.client.resume(all)).toMatchObject([{ id: 'o1', outcome: 'unknown' }])
    server.always()
    expect(await process.client.resume(all)).toMatchObject([{ id: 'o1', outcome: 'executed' }])
    expect(server.effects.length).toBe(1)
  })

  test('takes up what a call had begun, and left as not executed', async () => {
    const process = service()
    server.always({ status: 429 })
    const end = await process.charge.start({ order: 'o1', amount: 5 }).settled
    expect(end).toMatchObject({ outcome: 'not-executed' })
    await place(process)
    server.always()
    expect(await process.client.resume(all)).toMatchObject([{ id: 'o1', outcome: 'executed' }])
    expect(server.effects.length).toBe(1)
  })
})

describe('enqueue', () => {
  test('sends what the input was at the call', async () => {
    const process = service()
    const input = { order: 'o1', amount: 5 }
    await database.transaction(async transaction => {
      const enqueued = enqueue(transaction, process.charge, input)
      input.amount = 6
      return enqueued
    })
    await process.client.resume(all)
    expect(server.effects.map(({ body }) => body)).toEqual(['{"order":"o1","amount":5}'])
  })

  test('rejects with the driver’s own error, by which its owner knows what to repeat', async () => {
    const process = service()
    const failed = database.transaction(async transaction => {
      await transaction.query('SELECT 1/0').catch(() => {})
      return enqueue(transaction, process.charge, { order: 'o1', amount: 5 })
    })
    await expect(failed).rejects.toMatchObject({ code: '25P02' })
  })

  test('is silent about a serialization failure, and sends nothing more in the transaction that has failed', async () => {
    const events: string[] = []
    const sent: string[] = []
    const process = service({ onEvent: ({ type }) => void events.push(type) })
    await database.exec(`
      CREATE FUNCTION undone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE 'undone' USING ERRCODE = '40001'; END $$;
      CREATE TRIGGER undone BEFORE INSERT ON stillonce_records FOR EACH ROW EXECUTE FUNCTION undone()`)
    onTestFinished(() => database.exec('DROP FUNCTION undone CASCADE').then(() => {}))
    const failed = database.transaction(async transaction => {
      const query = (text: string, values: unknown[]) => {
        sent.push(text.trim().split(' ')[0] ?? '')
        return transaction.query(text, values)
      }
      await enqueue({ query }, process.charge, { order: 'o1', amount: 5 })
    })
    await expect(failed).rejects.toMatchObject({ code: '40001' })
    expect(sent.at(-1)).toBe('INSERT')
    expect(events).toEqual([])
  })

  test('refuses what could not be sent by another process', async () => {
    const { client, definition, charge } = service()
    const plain = client.operation({ ...definition, name: 'plain' })
    const elsewhere = service({ store: memoryStore() }).charge
    const input = { order: 'o1', amount: 5 }
    const nowhere = { query: async () => ({ rows: [] }) }
    await expect(enqueue(nowhere, plain, input)).rejects.toEqual(
      configurationError(
        'operation(plain).persist',
        "must be 'request': what is enqueued is sent by another call or process",
      ),
    )
    await expect(enqueue(nowhere, elsewhere, input)).rejects.toEqual(
      configurationError('store', 'must lie in the database of the transaction: postgresStore(pool)'),
    )
    for (const baseUrl of [undefined, 'http://else.example/']) {
      const { charge: far } = service(
        { transport: fetchTransport({ baseUrl, fetch: server.fetch }) },
        server.url,
      )
      await expect(enqueue(nowhere, far, input)).rejects.toEqual(
        configurationError(
          'operation(charge).request.url',
          'must be on the origin of the http layer (`baseUrl`): what is enqueued is sent from the store, and to no other one',
        ),
      )
    }
    // @ts-expect-error no transaction
    await expect(enqueue({}, charge, input)).rejects.toEqual(
      configurationError('enqueue.transaction', 'must be an object with `query(text, values)`'),
    )
    // @ts-expect-error no operation
    await expect(enqueue(nowhere, { name: 'charge' }, input)).rejects.toEqual(
      configurationError('enqueue.operation', 'must be an operation of a client'),
    )
  })
})
