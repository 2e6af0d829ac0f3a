import { Client, Pool } from 'pg'
import { createClient as connectRedis } from 'redis'
import { expect, test } from 'vitest'
import { createClient } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { ietf } from '../../src/profiles/ietf.ts'
import type { RecordStore } from '../../src/public/store.ts'
import { postgresStore } from '../../src/stores/postgres/postgres-store.ts'
import { startCuttingProxy } from './harness/cutting-proxy.ts'
import { startPayments, type Payments } from './harness/payments.ts'
import { startPostgres, startStandby, type PostgresServer } from './harness/postgres-server.ts'
import { startRedis } from './harness/redis-server.ts'
import { STORES } from './stores.ts'

/*
 * The server that has the store is lost, and one that lags takes its place: what docs/many-hosts.md says is lost, is lost.
 * The way between the two is held, so that what lags is no matter of luck.
 */

/** What a test ends when it is over. */
type AtEnd = (work: () => Promise<void>) => void

const KEPT = ordersFrom('kept', 50)
const LATE = ordersFrom('late', 100)

test.concurrent('PostgreSQL, to a standby that lags: what had not reached it is lost, and is executed again', async ({
  onTestFinished: atEnd,
}) => {
  const { primary, standby, hold, payments } = await postgresWithStandby(atEnd)
  const store = await openPostgres(atEnd, primary)
  await payAll(store, payments, KEPT)
  await untilStandbyHas(primary)
  hold()
  expect(await payAll(store, payments, LATE)).toEqual(LATE)
  await primary.stop()
  await promote(standby)

  const after = await openPostgres(atEnd, standby)
  expect(await payAll(after, payments, [...KEPT, ...LATE])).toEqual([...KEPT, ...LATE])
  expect(doubled(payments)).toEqual(LATE.toSorted())
})

test.concurrent('PostgreSQL, to a standby that confirms commits: nothing is lost', async ({
  onTestFinished: atEnd,
}) => {
  const { primary, standby, hold, payments } = await postgresWithStandby(atEnd, [
    'synchronous_standby_names=*',
  ])
  const store = await openPostgres(atEnd, primary)
  await payAll(store, payments, KEPT)
  const over = new AbortController()
  let count = 0
  let enough = (): void => {}
  const thirty = new Promise<void>(resolve => {
    enough = resolve
  })
  const lanes = Promise.all(
    lanesOf(LATE, 10).map(async lane => {
      for (const order of lane) {
        if (!over.signal.aborted) await payAll(store, payments, [order])
        count += 1
        if (count === 30) enough()
      }
    }),
  )
  await thirty
  hold()
  // What is written from here on no standby has, and the primary says nothing of it.
  while (!(await waitsForStandby(primary))) await delay(20)
  over.abort()
  await primary.stop()
  await lanes
  await promote(standby)
  // It has no standby of its own yet.
  await query(standby, 'ALTER SYSTEM RESET synchronous_standby_names')
  await query(standby, 'SELECT pg_reload_conf()')

  const after = await openPostgres(atEnd, standby)
  expect(await payAll(after, payments, [...KEPT, ...LATE])).toEqual([...KEPT, ...LATE])
  expect(doubled(payments)).toEqual([])
})

test.concurrent('a write whose server was restarted while no standby could confirm it is told when one has it, and not before', async ({
  onTestFinished: atEnd,
}) => {
  const { primary, hold, release } = await postgresWithStandby(atEnd, ['synchronous_standby_names=*'])
  const way = await startCuttingProxy(primary.port)
  atEnd(way.close)
  const store = await openPostgres(atEnd, { url: primary.url.replace(`:${primary.port}`, `:${way.port}`) })
  const version = await store.set('a', 'first', { expected: null, open: true })
  hold()
  const told = store.set('a', 'second', { expected: version ?? '', open: true })
  while (!(await waitsForStandby(primary))) await delay(20)
  let admit = (): void => {}
  way.admitAfter(
    new Promise<void>(resolve => {
      admit = resolve
    }),
  )
  await primary.restart()
  admit()
  // The restarted server shows it, though no standby has it.
  while ((await valueAt(primary, 'a')) !== 'second') await delay(20)
  while (!(await waitsForStandby(primary))) await delay(20)
  release()
  expect(await store.get('a')).toEqual({ value: 'second', version: await told })
})

test.concurrent('Redis, to a replica that lags: what had not reached it is lost, and is executed again', async ({
  onTestFinished: atEnd,
}) => {
  const { master, replica, hold, payments } = await redisWithReplica(atEnd)
  const store = await openRedis(atEnd, master.url)
  await payAll(store, payments, KEPT)
  await untilReplicaHas(master.url, replica.url)
  hold()
  expect(await payAll(store, payments, LATE)).toEqual(LATE)
  await master.stop()
  await command(replica.url, ['REPLICAOF', 'NO', 'ONE'])

  const after = await openRedis(atEnd, replica.url)
  expect(await payAll(after, payments, [...KEPT, ...LATE])).toEqual([...KEPT, ...LATE])
  expect(doubled(payments)).toEqual(LATE.toSorted())
})

test.concurrent('Redis with `min-replicas-to-write`: writes are refused once the replica is away for long enough, those before are lost', async ({
  onTestFinished: atEnd,
}) => {
  const { master, replica, hold, payments } = await redisWithReplica(atEnd)
  const store = await openRedis(atEnd, master.url)
  await payAll(store, payments, KEPT)
  await untilReplicaHas(master.url, replica.url)
  await command(master.url, ['CONFIG', 'SET', 'min-replicas-max-lag', '1'])
  await command(master.url, ['CONFIG', 'SET', 'min-replicas-to-write', '1'])
  hold()
  await payAll(store, payments, LATE)
  const lost = LATE.filter(order => payments.effects.has(order))
  const write = (): Promise<unknown> =>
    store.set(`${Math.random()}`, 'x', { expected: null, open: false }).catch((error: unknown) => error)
  let refused: unknown
  for (refused = 'taken'; typeof refused === 'string'; refused = await write()) await delay(50)
  expect(refused).toMatchObject({ kind: 'failed', reason: 'busy' })
  const sent = payments.effects.size
  expect(await payAll(store, payments, ['refused'])).toEqual([])
  expect(payments.effects.size).toBe(sent)
  await master.stop()
  await command(replica.url, ['REPLICAOF', 'NO', 'ONE'])
  const after = await openRedis(atEnd, replica.url)
  await payAll(after, payments, LATE)
  expect(doubled(payments)).toEqual(lost.toSorted())
})

async function postgresWithStandby(atEnd: AtEnd, settings: readonly string[] = []) {
  const primary = await startPostgres(['fsync=off', ...settings])
  atEnd(primary.stop)
  const way = await startCuttingProxy(primary.port)
  atEnd(way.close)
  const standby = await startStandby(primary, way.port)
  atEnd(standby.stop)
  // From here on commits wait for it, where they are to.
  const pool = new Pool({ connectionString: primary.url })
  await postgresStore(pool).migrate()
  await pool.end()
  return { primary, standby, hold: way.hold, release: way.release, payments: await openPayments(atEnd) }
}

async function redisWithReplica(atEnd: AtEnd) {
  const master = await startRedis(['--repl-diskless-sync-delay', '0'])
  atEnd(master.stop)
  const way = await startCuttingProxy(master.port)
  atEnd(way.close)
  const replica = await startRedis(['--replicaof', '127.0.0.1', String(way.port)])
  atEnd(replica.stop)
  return { master, replica, hold: way.hold, payments: await openPayments(atEnd) }
}

async function openPayments(atEnd: AtEnd): Promise<Payments> {
  const payments = await startPayments(() => false)
  atEnd(payments.close)
  return payments
}

async function openPostgres(atEnd: AtEnd, { url }: { readonly url: string }): Promise<RecordStore> {
  const store = await STORES.pg(url)
  atEnd(async () => store.close?.())
  return store
}

async function openRedis(atEnd: AtEnd, url: string): Promise<RecordStore> {
  const store = await STORES.ioredis(url)
  atEnd(async () => store.close?.())
  return store
}

/** As a process that was started just now. Gives the orders that it was told are executed. */
async function payAll(store: RecordStore, payments: Payments, orders: readonly string[]): Promise<string[]> {
  const client = createClient({
    transport: fetchTransport({ baseUrl: payments.url }),
    store,
    scope: 'failover',
    profile: ietf,
    timeout: 5_000,
    deadline: 30_000,
  })
  const pay = client.operation<{ order: string }>({
    name: 'pay',
    id: ({ order }) => order,
    request: input => ({ method: 'post', url: 'payments', json: input }),
  })
  const ends = await Promise.all(orders.map(order => pay.start({ order }).settled))
  await client.close()
  const isLie = (order: string, at: number): boolean =>
    ends[at]?.outcome === 'not-executed' && payments.effects.has(order)
  expect(orders.filter(isLie)).toEqual([])
  return orders.filter((_, at) => ends[at]?.outcome === 'executed')
}

function doubled({ effects }: Payments): string[] {
  return [...effects]
    .filter(([, count]) => count > 1)
    .map(([order]) => order)
    .toSorted()
}

async function query<Row extends object>(server: PostgresServer, text: string): Promise<readonly Row[]> {
  const client = new Client({ connectionString: server.url })
  await client.connect()
  const { rows } = await client.query<Row>(text)
  await client.end()
  return rows
}

async function promote(standby: PostgresServer): Promise<void> {
  await query(standby, 'SELECT pg_promote()')
}

async function untilStandbyHas(primary: PostgresServer): Promise<void> {
  const text =
    'SELECT count(*)::int AS count FROM pg_stat_replication WHERE replay_lsn >= pg_current_wal_lsn()'
  while ((await query<{ count: number }>(primary, text))[0]?.count !== 1) await delay(20)
}

async function waitsForStandby(primary: PostgresServer): Promise<boolean> {
  const text = "SELECT 1 FROM pg_stat_activity WHERE wait_event = 'SyncRep'"
  return (await query(primary, text)).length > 0
}

async function valueAt(primary: PostgresServer, id: string): Promise<string | undefined> {
  const rows = await query<{ value: string }>(
    primary,
    `SELECT value FROM stillonce_records WHERE id = '${id}'`,
  )
  return rows[0]?.value
}

async function command(url: string, words: string[]): Promise<unknown> {
  const client = await connectRedis({ url })
    .on('error', () => {})
    .connect()
  const answer: unknown = await client.sendCommand(words)
  await client.close()
  return answer
}

async function untilReplicaHas(masterUrl: string, replicaUrl: string): Promise<void> {
  const offset = async (url: string): Promise<string | undefined> =>
    /master_repl_offset:(\d+)/.exec(String(await command(url, ['INFO', 'replication'])))?.[1]
  const isUp = async (): Promise<boolean> =>
    String(await command(replicaUrl, ['INFO', 'replication'])).includes('master_link_status:up')
  while (!(await isUp()) || (await offset(masterUrl)) !== (await offset(replicaUrl))) await delay(20)
}

function ordersFrom(name: string, count: number): string[] {
  return Array.from({ length: count }, (_, at) => `${name}/${at}`)
}

function lanesOf(all: readonly string[], count: number): string[][] {
  return Array.from({ length: count }, (_, lane) => all.filter((__, at) => at % count === lane))
}

function delay(ms: number): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, ms)
  })
}
