import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { createClient } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { createIdempotency } from '../../src/entries/server.ts'
import { ietf } from '../../src/profiles/ietf.ts'
import { noKeys } from '../../src/profiles/no-keys.ts'
import type { RecordStore } from '../../src/public/store.ts'
import { postgresStore } from '../../src/stores/postgres/postgres-store.ts'
import { startCuttingProxy, type Cut, type CuttingProxy } from './harness/cutting-proxy.ts'
import { startPayments } from './harness/payments.ts'
import { startPostgres, type PostgresServer } from './harness/postgres-server.ts'
import { startRedis, type RedisServer } from './harness/redis-server.ts'
import { STORES } from './stores.ts'

/*
 * The server has done a statement, and nobody hears of it: what the store says of a write is so, or it says that it cannot
 * know. A key names its own cuts: `…/lost/answered/2/…` loses the answers of two copies of its first write.
 */
let postgresServer: PostgresServer
let redisServer: RedisServer

beforeAll(async () => {
  ;[postgresServer, redisServer] = await Promise.all([startPostgres(), startRedis()])
  const pool = new Pool({ connectionString: postgresServer.url })
  await postgresStore(pool).migrate()
  await pool.end()
})

afterAll(async () => {
  await postgresServer?.stop()
  await redisServer?.stop()
})

const NAMES = ['pg', 'postgres', 'redis', 'ioredis'] as const
const CUTS = ['before', 'at work', 'answered'] as const

declare module 'vitest' {
  // Of test/fleet/vitest.config.ts.
  interface ProvidedContext {
    isLong: boolean
  }
}

const OPERATIONS = inject('isLong') ? 1_000 : 60
const KEYS = inject('isLong') ? 500 : 40
const RACES = inject('isLong') ? 150 : 12

/** What a test ends when it is over. */
type AtEnd = (work: () => Promise<void>) => void

const LOST = { kind: 'failed', reason: 'lost' }
/** What may be there after a first write of which no copy was answered. */
const LEFT = { before: [undefined], 'at work': [undefined, 'first'], answered: ['first'] }
const NEW = { expected: null, open: true } as const

// They wait for libraries that pause before they connect again, so that they wait together.
describe.concurrent.each(NAMES)('the store on %s, where answers are lost', name => {
  const serverUrl = (): string => (name.includes('redis') ? redisServer.url : postgresServer.url)
  const serverPort = (): number => (name.includes('redis') ? redisServer.port : postgresServer.port)

  async function through(proxy: CuttingProxy, atEnd: AtEnd): Promise<RecordStore> {
    atEnd(proxy.close)
    const store = await STORES[name](serverUrl().replace(`:${serverPort()}`, `:${proxy.port}`))
    atEnd(async () => store.close?.())
    return store
  }

  async function direct(atEnd: AtEnd): Promise<RecordStore> {
    const store = await STORES[name](serverUrl())
    atEnd(async () => store.close?.())
    return store
  }

  test.for(CUTS)(
    'a write is known, however often its connection ends (%s)',
    async (cut, { onTestFinished }) => {
      const store = await through(await startCuttingProxy(serverPort(), cutsOfKeys()), onTestFinished)
      for (const times of [1, 2, 3]) {
        const key = `${name}/lost/${cut}/${times}/create`
        const version = await store.set(key, 'first', NEW)
        expect(await store.get(key)).toEqual({ value: 'first', version })

        const later = `${name}/kept/0/update/${cut}/${times}`
        const before = (await store.set(later, 'first', NEW)) ?? ''
        const value = `second: ${name}/lost/${cut}/${times}/update`
        const after = await store.set(later, value, { expected: before, open: false })
        expect(await store.get(later)).toEqual({ value, version: after })
      }
    },
  )

  test.for(CUTS)(
    'where no copy’s answer comes, it is unknown, and never "another was first" (%s)',
    async (cut, { onTestFinished }) => {
      const proxy = await startCuttingProxy(serverPort(), cutsOfKeys())
      const store = await through(proxy, onTestFinished)
      const key = `${name}/lost/${cut}/4/create`
      const told = await toldOf(store.set(key, 'first', NEW))
      const found = await store.get(key)
      // ioredis sends more copies of its own.
      expect(told).toEqual(name === 'ioredis' ? found?.version : LOST)
      expect(name === 'ioredis' ? ['first'] : LEFT[cut]).toContain(found?.value)
      expect(proxy.cuts[cut]).toBe(4)
    },
  )

  test('a write that was done and then written over is unknown', async ({ onTestFinished }) => {
    const [other, cutting] = [
      await direct(onTestFinished),
      await startCuttingProxy(serverPort(), cutsOfKeys()),
    ]
    const store = await through(cutting, onTestFinished)
    const key = `${name}/lost/answered/1/overtaken`
    await store.set(`${name}/kept`, 'x', NEW)
    let admit = (): void => {}
    cutting.admitAfter(
      new Promise<void>(resolve => {
        admit = resolve
      }),
    )
    const told = toldOf(store.set(key, 'first', NEW))
    while (cutting.cuts.answered === 0) await new Promise(setImmediate)
    const found = await other.get(key)
    const version = await other.set(key, 'second', { expected: found?.version ?? '', open: true })
    admit()
    expect(await told).toEqual(LOST)
    expect(await other.get(key)).toEqual({ value: 'second', version })
  })

  test('a deletion is done, or unknown', async ({ onTestFinished }) => {
    const store = await through(await startCuttingProxy(serverPort(), cutsOfKeys('delete')), onTestFinished)
    // The server knows the script from then on.
    await store.delete('nothing', { expected: '' })
    for (const cut of CUTS) {
      const key = `${name}/lost/${cut}/1/delete`
      const version = (await store.set(key, 'x', NEW)) ?? ''
      const told = await toldOf(store.delete(key, { expected: version }))
      const left = cut === 'answered' ? [undefined] : [undefined, 'x']
      expect([true, LOST]).toContainEqual(told)
      expect(told === true ? [undefined] : left).toContain((await store.get(key))?.value)
    }
  })

  test('of two that write at once one wins, whoever’s answer is lost', async ({ onTestFinished }) => {
    const [other, store] = [
      await direct(onTestFinished),
      await through(await startCuttingProxy(serverPort(), cutsOfKeys()), onTestFinished),
    ]
    for (let turn = 0; turn < RACES; turn += 1) {
      const key = `${name}/lost/${CUTS[turn % 3]}/${(turn % 2) + 1}/race/${turn}`
      const [mine, others] = await Promise.all([
        toldOf(store.set(key, 'mine', NEW)),
        other.set(key, 'other', NEW),
      ])
      const found = await other.get(key)
      expect(found).toEqual(
        others === undefined ? { value: 'mine', version: mine } : { value: 'other', version: others },
      )
      expect(others === undefined ? [found?.version] : [undefined, LOST]).toContainEqual(mine)
    }
  })

  test.for([
    ['honours keys', ietf],
    ['knows no keys', noKeys],
  ] as const)(
    'operations at a server that %s are executed once, and none is told otherwise',
    async ([, profile], { onTestFinished }) => {
      const payments = await startPayments(() => false)
      onTestFinished(payments.close)
      const proxy = await startCuttingProxy(serverPort(), everyFifthWrite())
      const store = await through(proxy, onTestFinished)
      const client = createClient({
        transport: fetchTransport({ baseUrl: payments.url }),
        store,
        scope: `${name}/${profile.name}`,
        profile,
        // What is late is unknown for good where no key is known: only what hangs takes so long, also on a busy machine.
        timeout: 30_000,
        deadline: 60_000,
      })
      onTestFinished(() => client.close())
      const pay = client.operation<{ order: string }>({
        name: 'pay',
        id: ({ order }) => order,
        request: input => ({ method: 'post', url: 'payments', json: input }),
      })
      const lies: string[] = []
      const left = new Set(Array.from({ length: OPERATIONS }, (__, at) => `${name}/${profile.name}/${at}`))

      async function payAll(): Promise<void> {
        const waiting = [...left]
        await Promise.all(
          Array.from({ length: 10 }, async () => {
            for (let order = waiting.pop(); order !== undefined; order = waiting.pop()) {
              const end = await pay.start({ order }).settled
              const count = payments.effects.get(order) ?? 0
              if (end.outcome === 'executed' && count === 1) left.delete(order)
              if (end.outcome === 'executed' ? count !== 1 : end.outcome === 'not-executed' && count !== 0)
                lies.push(`${order}: ${end.outcome}, ${count}`)
            }
          }),
        )
      }

      // A store that lost every copy of a write says so, and such an operation is taken up again.
      for (let round = 0; round < 20 && left.size > 0; round += 1) await payAll()
      expect(lies).toEqual([])
      expect([...left]).toEqual([])
      expect([...payments.effects.values()].filter(count => count !== 1)).toEqual([])
      expect(Math.min(...Object.values(proxy.cuts))).toBeGreaterThanOrEqual(1)
    },
  )

  test('a server executes each key once, and answers with what was executed', async ({ onTestFinished }) => {
    const proxy = await startCuttingProxy(serverPort(), everyFifthWrite())
    const store = await through(proxy, onTestFinished)
    const effects = new Map<string, number>()
    const handle = createIdempotency({ store, scope: `${name}/shop` }).wrap(async request => {
      const order = await request.text()
      effects.set(order, (effects.get(order) ?? 0) + 1)
      return Response.json({ order }, { status: 201 })
    })
    const post = (order: string): Promise<Response> =>
      handle(
        new Request('http://shop.test/orders', {
          method: 'POST',
          body: order,
          headers: { 'idempotency-key': order },
        }),
      )

    async function answered(order: string): Promise<string> {
      for (let turn = 0; ; turn += 1) {
        const response = await post(order)
        // 503: nothing is known of the store; 409: the end could not be written yet, and is by and by.
        if (turn === 50 || ![409, 503].includes(response.status))
          return `${response.status} ${await response.text()}`
        await new Promise(resolve => {
          setTimeout(resolve, 100)
        })
      }
    }

    const orders = Array.from({ length: KEYS }, (_, at) => `${name}-${at}`)
    const waiting = [...orders]
    const wrong: string[] = []
    await Promise.all(
      Array.from({ length: 10 }, async () => {
        for (let order = waiting.pop(); order !== undefined; order = waiting.pop()) {
          for (const answer of await Promise.all([answered(order), answered(order)]))
            if (answer !== `201 {"order":"${order}"}`) wrong.push(answer)
        }
      }),
    )
    expect(wrong).toEqual([])
    expect(orders.filter(order => effects.get(order) !== 1)).toEqual([])
    expect(Math.min(...Object.values(proxy.cuts))).toBeGreaterThanOrEqual(1)
  })
})

/** What a call gave, or what it said of its failure. */
async function toldOf<Value>(call: Promise<Value>): Promise<unknown> {
  return call.catch((error: unknown) => {
    const { kind, reason } = error as { readonly kind?: unknown; readonly reason?: unknown }
    return { kind, reason }
  })
}

const WRITE = { set: /INSERT INTO|UPDATE|EVALSHA/, delete: /DELETE FROM|EVALSHA/ }
const EVERY_WRITE = /INSERT INTO "|UPDATE "|DELETE FROM "|EVALSHA/

/** Cuts a key's own writes, so often as the key says. */
function cutsOfKeys(write: keyof typeof WRITE = 'set'): (sent: string) => Cut | undefined {
  const left = new Map<string, number>()
  return sent => {
    const found = /[a-z]+\/lost\/(before|at work|answered)\/(\d)\/[a-z/0-9]+/.exec(sent)
    if (found === null || !WRITE[write].test(sent) || (write === 'delete' && isSet(sent))) return undefined
    const [key, cut, times] = found
    const count = left.get(key) ?? Number(times)
    left.set(key, count - 1)
    return count > 0 ? CUTS.find(each => each === cut) : undefined
  }
}

/** The script of a write has eight arguments more than its keys, that of a deletion three. */
function isSet(sent: string): boolean {
  return /INSERT INTO|UPDATE/.test(sent) || sent.includes(':places')
}

function everyFifthWrite(): (sent: string) => Cut | undefined {
  let writes = 0
  return sent => {
    if (!EVERY_WRITE.test(sent)) return undefined
    writes += 1
    return writes % 5 === 0 ? CUTS[(writes / 5) % 3] : undefined
  }
}
