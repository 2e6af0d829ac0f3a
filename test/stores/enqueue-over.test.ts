import type { PGlite } from '@electric-sql/pglite'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createClient, defineProfile } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { enqueue, postgresStore } from '../../src/entries/postgres.ts'
import { fakeServer } from '../../src/entries/testing.ts'
import { openPGlite } from './pglite.ts'

/*
 * What `enqueue` does about everything that may be stored of its operation: the contract has it that only proof rotates a
 * key, that another payload is refused, that a key which the server may have forgotten is not sent again, and that nothing
 * is sent or asked under another account or profile than the key's own.
 */

let database: PGlite

beforeAll(async () => {
  database = await openPGlite()
  await database.exec('CREATE TABLE orders (id text)')
})
afterAll(() => database?.close())

/** Nobody listens there. What the fake answers is answered to a fetch that does not go out. */
const server = fakeServer({ url: 'http://127.0.0.1:49151' })
beforeEach(async () => {
  server.reset()
  await database.exec('DELETE FROM orders; DELETE FROM stillonce_records')
})

type Charge = { readonly order: string; readonly amount: number; readonly note?: string }

const FAKE = {
  name: 'fake',
  honoursKeys: true,
  header: 'Idempotency-Key',
  retention: 86_400_000,
  delivers: 'once',
  replayed: { header: 'Idempotent-Replayed', value: 'true' },
} as const

type How = {
  readonly account?: string
  readonly profile?: Partial<Parameters<typeof defineProfile>[0]>
  readonly persist?: 'key' | 'request'
  readonly hasStatus?: boolean
  /** It sends by the fetch of Node. */
  readonly isRefused?: boolean
}

/** A process of the service. */
function service({ account = 'A', profile, persist = 'request', hasStatus, isRefused }: How = {}) {
  const events: string[] = []
  const client = createClient({
    onEvent: ({ type }) => void events.push(type),
    transport: fetchTransport({ baseUrl: server.url, ...(isRefused !== true && { fetch: server.fetch }) }),
    store: postgresStore(database),
    scope: 'billing',
    profile: defineProfile({ ...FAKE, ...profile }),
    account: () => account,
    timeout: 1_000,
    deadline: 5_000,
    retry: { attempts: 1 },
  })
  const charge = client.operation({
    name: 'charge',
    id: ({ order }: Charge) => order,
    request: (input: Charge) => ({ method: 'post', url: 'charges', json: input }),
    fingerprint: ({ order, amount }: Charge) => ({ order, amount }),
    persist,
    ...(hasStatus === true && {
      status: {
        request: ({ key }: { readonly key: string }) => ({ url: `charges/by-key/${key}` }),
        read: ({ body }: { readonly body: unknown }) => {
          const { status, result } = body as { readonly status?: string; readonly result?: unknown }
          return status === 'succeeded'
            ? { outcome: 'executed' as const, data: result }
            : { absent: true as const }
        },
      },
    }),
    ...(profile?.honoursKeys !== false && {
      cancel: {
        request: ({ key }: { readonly key: string }) => ({ method: 'delete', url: `charges/by-key/${key}` }),
        read: () => ({ sealed: true }) as const,
      },
    }),
  })
  return { client, charge, events }
}
type Service = ReturnType<typeof service>

const CHARGE: Charge = { order: 'o1', amount: 5 }

/** The order and its charge, as a service writes them; a refusal leaves the order alone. */
async function enqueued({ charge }: Service, input: Charge = CHARGE) {
  return database.transaction(async transaction => {
    await transaction.query('INSERT INTO orders VALUES ($1)', [input.order])
    return enqueue(transaction, charge, input).then(
      ({ generation, state, key }) => ({ generation, state, key }),
      (error: { code?: string; outcome?: string; message?: string }) => error,
    )
  })
}

/** A call comes to an end, and leaves what is the case here. */
async function called(process: Service, input: Charge = CHARGE): Promise<string | undefined> {
  const { error } = await process.charge.start(input).settled
  return error?.key ?? (await process.charge.inspect(input))?.key
}

async function left(fault: Parameters<typeof server.always>[0], how: How = {}): Promise<string | undefined> {
  server.always(fault)
  const key = await called(service(how))
  server.always()
  return key
}

/** Two days pass for the key that was sent, of which the server remembers one. */
async function ages(): Promise<void> {
  await database.exec(
    `UPDATE stillonce_records SET value = regexp_replace(value, '"firstSentAt":[0-9]+', '"firstSentAt":1000')`,
  )
  server.forget()
}

/** What a worker of this kind makes of it, and the keys and bodies that were executed in all. */
async function sent(how: How = {}) {
  const { client } = service(how)
  const [end] = await client.resume({ scope: 'all', send: true })
  return { outcome: end?.outcome, effects: server.effects.map(({ key, body }) => `${key} ${body}`) }
}

const BODY = '{"order":"o1","amount":5}'

describe('an enqueue begins a generation', () => {
  test('where nothing is stored', async () => {
    const { generation, state, key } = (await enqueued(service())) as {
      generation: number
      state: string
      key: string
    }
    expect({ generation, state }).toEqual({ generation: 1, state: 'pending' })
    expect(await sent()).toEqual({ outcome: 'executed', effects: [`${key} ${BODY}`] })
  })

  test.each([5, 6])('after a proven failure, with an amount of %i', async amount => {
    const first = await left({ status: 400 })
    const second = (await enqueued(service(), { order: 'o1', amount })) as { key: string }
    expect(second).toMatchObject({ generation: 2, state: 'pending' })
    expect(second.key).not.toBe(first)
    expect(await sent()).toEqual({
      outcome: 'executed',
      effects: [`${second.key} {"order":"o1","amount":${amount}}`],
    })
  })

  test('after `forget`, and after a `cancel` of what was never begun', async () => {
    const process = service()
    await left({ status: 400 })
    await process.charge.forget(CHARGE)
    expect(await enqueued(process)).toMatchObject({ generation: 2, state: 'pending' })
    expect((await sent()).outcome).toBe('executed')

    const other = { order: 'o2', amount: 5 }
    await process.charge.cancel(other)
    expect(await enqueued(process, other)).toMatchObject({ generation: 2, state: 'pending' })
    expect((await sent()).outcome).toBe('executed')
  })

  test('after an operator’s word that it was not executed, where its key had grown too old', async () => {
    const first = await left({ status: 429 })
    await ages()
    const process = service()
    await process.charge.conclude(CHARGE, { outcome: 'not-executed', key: first as string })
    expect(await enqueued(process)).toMatchObject({ generation: 2, state: 'pending' })
    expect((await sent()).outcome).toBe('executed')
  })
})

describe('an enqueue goes on with the key of an open operation', () => {
  test('that was never sent', async () => {
    const first = await left(undefined, { isRefused: true })
    expect(await enqueued(service())).toMatchObject({ generation: 1, key: first })
    expect(await sent()).toEqual({ outcome: 'executed', effects: [`${first} ${BODY}`] })
  })

  test.each([401, 429])('that was refused with a %i, which proves nothing of its key', async status => {
    const first = await left({ status })
    expect(await enqueued(service())).toMatchObject({ generation: 1, key: first })
    expect(await sent()).toEqual({ outcome: 'executed', effects: [`${first} ${BODY}`] })
  })

  test('that may have been executed: it is, once', async () => {
    const first = await left('lose-answer')
    expect(await enqueued(service())).toMatchObject({ generation: 1, key: first })
    expect(await sent()).toEqual({ outcome: 'executed', effects: [`${first} ${BODY}`] })
  })

  test('that may have been executed, at a server without keys: it is not sent again', async () => {
    const how = { profile: { honoursKeys: false, replayed: undefined } }
    const first = await left('lose-answer', how)
    expect(await enqueued(service(how))).toMatchObject({ generation: 1, key: first })
    expect(await sent(how)).toEqual({ outcome: 'unknown', effects: [`${first} ${BODY}`] })
  })

  test('that may have been executed, with a key that is too old: it is asked about, where there is a way', async () => {
    const first = await left('lose-answer')
    await database.exec(
      `UPDATE stillonce_records SET value = regexp_replace(value, '"firstSentAt":[0-9]+', '"firstSentAt":1000')`,
    )
    expect(await enqueued(service())).toMatchObject({ generation: 1, key: first })
    expect((await sent()).outcome).toBe('unknown')
    expect(await sent({ hasStatus: true })).toEqual({ outcome: 'executed', effects: [`${first} ${BODY}`] })
  })

  test('that was enqueued before, and may have been executed: nothing is written', async () => {
    const { key } = (await enqueued(service())) as { key: string }
    server.always('lose-answer')
    expect((await sent()).outcome).toBe('unknown')
    server.always()
    const before = await database.query('SELECT * FROM stillonce_records')
    expect(await enqueued(service())).toMatchObject({ generation: 1, key })
    expect(await database.query('SELECT * FROM stillonce_records')).toEqual(before)
    expect((await sent()).outcome).toBe('executed')
  })
})

describe('an enqueue changes nothing', () => {
  test('where the same was executed', async () => {
    const first = await left(undefined)
    expect(await enqueued(service())).toMatchObject({ generation: 1, state: 'succeeded', key: first })
    expect(await sent()).toEqual({ outcome: undefined, effects: [`${first} ${BODY}`] })
  })

  const STATES: readonly (readonly [string, Parameters<typeof server.always>[0], How])[] = [
    ['was never sent', undefined, { isRefused: true }],
    ['was refused without proof', { status: 429 }, {}],
    ['may have been executed', 'lose-answer', {}],
    ['was executed', undefined, {}],
  ]
  test.each(STATES)('where the operation %s with another payload: it is refused', async (_, fault, how) => {
    await left(fault, how)
    expect(await enqueued(service(), { order: 'o1', amount: 6 })).toMatchObject({
      code: 'payload-mismatch',
      reason: 'changed',
    })
    expect((await database.query('SELECT id FROM orders')).rows).toEqual([{ id: 'o1' }])
  })
})

describe('an enqueue of what no worker could send is refused, as `run` refuses it', () => {
  test('where nothing may have been executed, and the key is too old to be sent again', async () => {
    const first = await left({ status: 429 })
    await ages()
    expect(await enqueued(service())).toMatchObject({
      code: 'key-expired',
      outcome: 'not-executed',
      key: first,
    })
    expect(await sent()).toEqual({ outcome: 'not-executed', effects: [] })
  })

  test.each([
    ['account', { account: 'B' }, 'The account is not the one that the operation was begun with'],
    [
      'profile',
      { profile: { name: 'other' } },
      'The profile is not the one that the operation was begun with',
    ],
  ] as const)('where its key was sent under another %s', async (_, how, reason) => {
    for (const fault of [{ status: 429 }, 'lose-answer'] as const) {
      await database.exec('DELETE FROM stillonce_records')
      await left(fault)
      const error = await enqueued(service(how))
      expect(error).toMatchObject({
        code: 'unresolved',
        outcome: fault === 'lose-answer' ? 'unknown' : 'not-executed',
      })
      expect((error as Error).message).toContain(reason)
    }
  })

  test('but not where it never was: it is sent for whom it is enqueued', async () => {
    const first = await left(undefined, { isRefused: true })
    expect(await enqueued(service({ account: 'B' }))).toMatchObject({ generation: 1, key: first })
    expect(await sent({ account: 'B' })).toEqual({ outcome: 'executed', effects: [`${first} ${BODY}`] })
  })

  test('nor where it was executed under another account: that is the result of a `run` too', async () => {
    const first = await left(undefined)
    expect(await enqueued(service({ account: 'B' }))).toMatchObject({ state: 'succeeded', key: first })
  })
})

describe('the same payload in other bytes', () => {
  const NOTED: Charge = { order: 'o1', amount: 5, note: 'new words' }
  const noted = (key: string | undefined) => `${key} {"order":"o1","amount":5,"note":"new words"}`

  test('is sent as it is enqueued where nothing was sent before', async () => {
    const first = await left(undefined, { isRefused: true })
    expect(await enqueued(service(), NOTED)).toMatchObject({ key: first })
    expect(await sent()).toEqual({ outcome: 'executed', effects: [noted(first)] })
  })

  test('is sent in the bytes that were sent before, where these are kept', async () => {
    const first = await left('lose-request')
    expect(await enqueued(service(), NOTED)).toMatchObject({ key: first })
    expect(await sent()).toEqual({ outcome: 'executed', effects: [`${first} ${BODY}`] })
  })

  test('is sent as it is enqueued where the others are not kept, and the server compares no bytes', async () => {
    const first = await left('lose-request', { persist: 'key' })
    const process = service()
    expect(await enqueued(process, NOTED)).toMatchObject({ key: first })
    expect(process.events).toContain('bytes-changed')
    expect(await sent()).toEqual({ outcome: 'executed', effects: [noted(first)] })
  })

  test.each([{ status: 429 }, 'lose-request'] as const)(
    'is refused where the others are not kept, and the server compares bytes (%s)',
    async fault => {
      const profile = { comparesBytes: true }
      await left(fault, { profile, persist: 'key' })
      expect(await enqueued(service({ profile }), NOTED)).toMatchObject({ code: 'unresolved' })
    },
  )
})
