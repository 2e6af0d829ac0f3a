import { Client, Pool } from 'pg'
import { createClient } from 'redis'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test } from 'vitest'
import { postgresStore } from '../../src/stores/postgres/postgres-store.ts'
import type { Paid } from './children/orders.ts'
import { startOrderProcess, type OrderProcess } from './harness/order-process.ts'
import { startPayments } from './harness/payments.ts'
import { startPostgres, type PostgresServer } from './harness/postgres-server.ts'
import { startRedis, type RedisServer } from './harness/redis-server.ts'
import type { STORES } from './stores.ts'

/*
 * Processes that share a store pay the same orders at a server that loses answers: each order is executed once, whoever is
 * killed, stopped or restarted meanwhile, and each caller that lives hears the same.
 */
declare module 'vitest' {
  // Of test/fleet/vitest.config.ts.
  interface ProvidedContext {
    isLong: boolean
  }
}

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

const serverOf = (store: keyof typeof STORES): PostgresServer | RedisServer =>
  store === 'pg' ? postgresServer : redisServer

/** Ends the connections of all clients, as an operator may. Returns how many there were; none while the server is away. */
async function cutConnections(store: keyof typeof STORES, url: string): Promise<number> {
  try {
    return await (store === 'pg' ? cutPostgres(url) : cutRedis(url))
  } catch {
    return 0
  }
}

async function cutPostgres(url: string): Promise<number> {
  const client = new Client({ connectionString: url }).on('error', () => {})
  await client.connect()
  const { rows } = await client.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()`,
  )
  await client.end()
  return rows.length
}

async function cutRedis(url: string): Promise<number> {
  const client = createClient({ url, socket: { reconnectStrategy: false } }).on('error', () => {})
  await client.connect()
  const cut = await client.sendCommand(['CLIENT', 'KILL', 'TYPE', 'normal'])
  client.destroy()
  return Number(cut)
}

const RACERS = 16
const RACED = 1_000
const RACED_AT_ONCE = 50

describe.each(['pg', 'redis'] as const)('on %s', store => {
  test(`${RACERS} processes race for ${RACED} orders: one key and one effect each, and all get the result`, async () => {
    const payments = await startPayments(() => false)
    onTestFinished(payments.close)
    const work = { store, storeUrl: serverOf(store).url, paymentsUrl: payments.url }
    const racers = Array.from({ length: RACERS }, () => startOrderProcess(work))
    onTestFinished(() => endAll(racers))
    await Promise.all(racers.map(({ ready }) => ready))
    const told = new Map<string, Set<string>>()
    for (let start = 0; start < RACED; start += RACED_AT_ONCE) {
      const orders = ordersFrom(`race/${store}`, start, RACED_AT_ONCE)
      const results = await Promise.all(racers.map(racer => racer.perform<Paid[]>({ pay: orders })))
      for (const { order, outcome, charge, key, code } of results.flatMap(all =>
        all === 'gone' ? [] : all,
      )) {
        const word = `${outcome} ${String(charge)} ${String(key)} ${code ?? ''}`
        told.set(order, (told.get(order) ?? new Set()).add(word))
      }
    }
    expect(told.size).toBe(RACED)
    expect(
      [...told].filter(([, words]) => words.size !== 1 || ![...words][0]?.startsWith('executed ch_')),
    ).toEqual([])
    expect([...payments.effects.values()].filter(count => count !== 1)).toEqual([])
    expect([...payments.keys.values()].filter(keys => keys.size !== 1)).toEqual([])
  })

  const orders = inject('isLong') ? 10_000 : 2_000
  test(`10 processes, ${orders} orders, killed, stopped, with connections cut and the database restarted five times: 0 doubled, 0 lost, 0 stuck`, async () => {
    const payments = await startPayments(() => Math.random() < 0.1)
    onTestFinished(payments.close)
    const storeServer = serverOf(store)
    const work = { store, storeUrl: storeServer.url, paymentsUrl: payments.url }
    const all = ordersFrom(`chaos/${store}`, 0, orders)
    const waiting = batchesOf(all, 20)
    /** Told as not executed, though it was by then. While the database is away a process rightly says that it sent nothing. */
    const lies: Paid[] = []
    const living = new Set<OrderProcess>()
    onTestFinished(() => endAll([...living]))
    const over = new AbortController()
    const counts = { kills: 0, stops: 0, cuts: 0, restarts: 0, batches: 0 }
    const isEnough = () => counts.restarts === 5 && Math.min(counts.kills, counts.stops, counts.cuts) >= 5

    /** The last batches wait until there was trouble enough, however quick the machine is. */
    const isHeldBack = () => waiting.length <= 10 && !isEnough()

    async function nextBatch(): Promise<string[] | undefined> {
      while (isHeldBack()) await delay(50)
      return waiting.shift()
    }

    /** A place in the fleet: who dies is replaced, and what it was given is given to another one again. */
    async function place(): Promise<void> {
      for (let batch = await nextBatch(); batch !== undefined; batch = await nextBatch()) {
        let paid: Paid[] | 'gone' = 'gone'
        while (paid === 'gone' || paid.some(({ outcome }) => outcome !== 'executed')) {
          const one = startOrderProcess(work)
          living.add(one)
          await one.ready
          for (; batch !== undefined; batch = await nextBatch()) {
            paid = await one.perform<Paid[]>({ pay: batch })
            if (paid === 'gone') break
            counts.batches += 1
            lies.push(
              ...paid.filter(
                ({ outcome, order }) => outcome === 'not-executed' && payments.effects.has(order),
              ),
            )
            if (paid.some(({ outcome }) => outcome !== 'executed')) break
          }
          living.delete(one)
          await one.end()
          if (batch === undefined) return
        }
      }
    }

    /** Trouble comes as often as the fleet gets something done between: on a slow machine it would be nothing but trouble. */
    async function pause(ms: number): Promise<void> {
      const before = counts.batches
      await delay(ms)
      while (counts.batches === before && !isHeldBack() && !over.signal.aborted) await delay(50)
    }

    async function trouble(): Promise<void> {
      for (let turn = 0; !over.signal.aborted; turn += 1) {
        await pause(750)
        const victim = [...living][Math.floor(Math.random() * living.size)]
        if (turn % 2 === 0) {
          counts.kills += 1
          victim?.signal('SIGKILL')
        } else {
          counts.stops += 1
          victim?.signal('SIGSTOP')
          await delay(Math.random() < 0.2 ? 4_500 : 300)
          victim?.signal('SIGCONT')
        }
        await pause(200)
        counts.cuts += await cutConnections(store, storeServer.url)
      }
    }

    async function restarts(): Promise<void> {
      while (counts.restarts < 5) {
        await pause(1_000)
        await storeServer.restart(store === 'pg' && counts.restarts % 2 === 0 ? 'SIGQUIT' : 'SIGKILL')
        counts.restarts += 1
      }
    }

    const paid = Promise.all(Array.from({ length: 10 }, place)).then(() => over.abort())
    await Promise.all([trouble(), restarts(), paid])

    // Healed: one process takes up what is open, and then nothing is. An order that was told as executed can lie open: the
    // database was away when its answer was to be written.
    const last = startOrderProcess(work)
    living.add(last)
    const left = await stillOpen(last)
    const after = await last.perform<Paid[]>({ pay: all })

    expect(left).toEqual([])
    expect(after === 'gone' ? after : after.filter(({ outcome }) => outcome !== 'executed')).toEqual([])
    expect(all.filter(order => payments.effects.get(order) !== 1)).toEqual([])
    expect(all.filter(order => payments.keys.get(order)?.size !== 1)).toEqual([])
    expect(lies).toEqual([])
    expect(isEnough()).toBe(true)
    console.log(
      `${store}: ${orders} orders, ${counts.kills} kills, ${counts.stops} stops, ${counts.cuts} connections cut, 5 restarts: 0 doubled, 0 lost, 0 stuck`,
    )
  })
})

/** What lies open after all was taken up, as often as the lease of a process that is gone asks for. */
async function stillOpen(taker: OrderProcess): Promise<readonly unknown[] | 'gone'> {
  const until = performance.now() + 30_000
  for (;;) {
    const open = await taker.perform<readonly unknown[]>({ resume: true })
    if (open === 'gone' || open.length === 0 || performance.now() > until) return open
    await delay(250)
  }
}

function ordersFrom(name: string, start: number, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${name}/${start + at}`)
}

function batchesOf(all: readonly string[], size: number): (string[] | undefined)[] {
  return Array.from({ length: Math.ceil(all.length / size) }, (_, at) =>
    all.slice(at * size, (at + 1) * size),
  )
}

async function endAll(processes: readonly OrderProcess[]): Promise<void> {
  for (const each of processes) await each.end()
}

function delay(ms: number): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, ms)
  })
}
