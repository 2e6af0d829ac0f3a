import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { Client } from 'pg'
import { createClient as connectRedis } from 'redis'
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { buildClient, type Client as StillonceClient } from '../../src/client/client.ts'
import { lateRuntime } from '../../src/client/performing-part.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { startWorker } from '../../src/entries/worker.ts'
import { ietf } from '../../src/profiles/ietf.ts'
import type { RecordStore } from '../../src/public/store.ts'
import type { Runtime } from '../../src/runtime/runtime.ts'
import { postgresStore } from '../../src/stores/postgres/postgres-store.ts'
import type { HintingWork } from './children/hinting-writer.ts'
import { startPayments, type Payments } from './harness/payments.ts'
import { startPostgres, type PostgresServer } from './harness/postgres-server.ts'
import { startRedis, type RedisServer } from './harness/redis-server.ts'
import { HINTING_STORES, LISTENER, type HintingStore, type StoreName } from './hinting-stores.ts'

/*
 * A worker that would not look again by itself hears of what another process writes; one whose hints are lost looks by itself.
 * Nothing here goes by time: the long pauses of the worker never end, and the test waits for what is seen.
 */

let postgresServer: PostgresServer
let redisServer: RedisServer
let admin: Client
let redisAdmin: ReturnType<typeof connectRedis>

beforeAll(async () => {
  ;[postgresServer, redisServer] = await Promise.all([startPostgres(), startRedis()])
  admin = new Client({ connectionString: postgresServer.url })
  await admin.connect()
  await postgresStore(admin).migrate()
  redisAdmin = connectRedis({ url: redisServer.url })
  redisAdmin.on('error', () => {})
  await redisAdmin.connect()
})

afterAll(async () => {
  redisAdmin?.destroy()
  await admin?.end()
  await postgresServer?.stop()
  await redisServer?.stop()
})

const NAMES = ['pg', 'redis', 'ioredis'] as const
/** What is no shorter never ends, ms. */
const NEVER_MS = 1_000
/** Longer than any of it takes, shorter than a test. */
const SEEN = { timeout: 60_000, interval: 20 }

const urlOf = (name: StoreName): string => (name === 'pg' ? postgresServer.url : redisServer.url)

async function opened(name: StoreName): Promise<HintingStore> {
  const store = await HINTING_STORES[name](urlOf(name))
  onTestFinished(store.end)
  return store
}

/** Which connections listen, by the server's own numbers of them. */
async function listening(name: StoreName): Promise<readonly string[]> {
  if (name === 'pg') {
    const { rows } = await admin.query<{ pid: number }>(
      "SELECT pid FROM pg_stat_activity WHERE application_name = $1 AND query LIKE 'LISTEN%' AND state = 'idle'",
      [LISTENER],
    )
    return rows.map(({ pid }) => String(pid))
  }
  const clients = await redisAdmin.clientList({ TYPE: 'PUBSUB' })
  return clients.map(({ id }) => String(id))
}

async function cutListeners(name: StoreName): Promise<void> {
  if (name === 'pg')
    await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1', [
      LISTENER,
    ])
  else await redisAdmin.sendCommand(['CLIENT', 'KILL', 'TYPE', 'pubsub'])
}

/** A runtime whose long waits never end, and what tells that somebody waits so. */
function sleepingRuntime(neverMs = NEVER_MS): {
  readonly runtime: Runtime
  readonly isAsleep: () => boolean
} {
  let isAsleep = false
  const real = lateRuntime()
  const after: Runtime['after'] = (delayMs, callback) => {
    if (delayMs < neverMs) return real.after(delayMs, callback)
    isAsleep = true
    return () => {
      isAsleep = false
    }
  }
  const runtime: Runtime = Object.assign(Object.create(real), { after })
  return { runtime, isAsleep: () => isAsleep }
}

function clientOf(
  store: RecordStore,
  { url: baseUrl }: Payments,
  runtime: Runtime,
  fetch?: typeof globalThis.fetch,
): StillonceClient {
  const transport = fetchTransport({ baseUrl, fetch })
  const options = { store, scope: 'fleet', profile: ietf, transport }
  const client = buildClient(options, 'transport', () => transport, runtime)
  onTestFinished(() => client.close())
  return client
}

const payOf = (client: StillonceClient) =>
  client.operation<{ order: string }>({
    name: 'pay',
    id: ({ order }) => order,
    persist: 'request',
    request: input => ({ method: 'post', url: 'payments', json: input }),
  })

async function startedPayments(): Promise<Payments> {
  const payments = await startPayments(() => false)
  onTestFinished(payments.close)
  return payments
}

/** Another process, with the same store and hints of its own. */
async function startWriter(
  store: StoreName,
  { url: paymentsUrl }: Payments,
  { isSilent } = { isSilent: false },
): Promise<(order: string) => Promise<void>> {
  const work: HintingWork = { store, storeUrl: urlOf(store), paymentsUrl, silent: isSilent }
  const program = fileURLToPath(new URL('children/hinting-writer.ts', import.meta.url))
  const child = fork(program, [JSON.stringify(work)], { execArgv: [] })
  onTestFinished(async () => {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  })
  await once(child, 'message')
  return async order => {
    const written = once(child, 'message')
    child.send(order)
    await written
  }
}

describe.each(NAMES)('on %s', name => {
  test('a worker that sleeps sends what another process writes, again after its connection for hints was lost, and leaves none behind', async () => {
    const payments = await startedPayments()
    const { store, end } = await opened(name)
    const { runtime, isAsleep } = sleepingRuntime()
    const client = clientOf(store, payments, runtime)
    payOf(client)
    const worker = startWorker(client, {
      idle: { min: 20, max: 1_000_000 },
      unhealthyAfter: 2_000_000,
      stopOn: [],
    })
    onTestFinished(() => void worker.stop())
    const write = await startWriter(name, payments)
    const listenersBut = async (before: readonly string[]) => {
      expect(isAsleep()).toBe(true)
      const found = await listening(name)
      // Those of the worker's process; the other one only writes.
      expect(found.filter(id => !before.includes(id))).toHaveLength(1)
      return found
    }

    const first = await vi.waitFor(() => listenersBut([]), SEEN)
    await write(`${name}/1`)
    await vi.waitFor(() => expect(payments.effects.get(`${name}/1`)).toBe(1), SEEN)

    await cutListeners(name)
    await vi.waitFor(() => listenersBut(first), SEEN)
    await write(`${name}/2`)
    await vi.waitFor(() => expect(payments.effects.get(`${name}/2`)).toBe(1), SEEN)

    await worker.stop()
    await end()
    await vi.waitFor(async () => expect(await listening(name)).toEqual([]), SEEN)
  })

  test('who waits for the run of another process hears of its end', async () => {
    const payments = await startedPayments()
    const [holder, waiter] = [await opened(name), await opened(name)]
    let answer = () => {}
    const answered = new Promise<void>(resolve => (answer = resolve))
    let sends = 0
    const slowFetch: typeof fetch = async (...request) => {
      sends += 1
      await answered
      return fetch(...request)
    }
    const held = payOf(clientOf(holder.store, payments, lateRuntime(), slowFetch)).start({
      order: `${name}/held`,
    })
    await vi.waitFor(async () => {
      expect(sends).toBe(1)
      expect(await listening(name)).toEqual([])
    }, SEEN)

    const { runtime, isAsleep } = sleepingRuntime(1)
    const waiting = payOf(clientOf(waiter.store, payments, runtime)).start({ order: `${name}/held` })
    await vi.waitFor(async () => {
      expect(isAsleep()).toBe(true)
      expect(await listening(name)).not.toEqual([])
    }, SEEN)
    answer()
    const ends = await Promise.all([held.settled, waiting.settled])
    expect(ends.map(({ outcome }) => outcome)).toEqual(['executed', 'executed'])
    expect(payments.effects.get(`${name}/held`)).toBe(1)
  })

  test('what a process writes that tells nobody is found by looking', async () => {
    const payments = await startedPayments()
    const { store } = await opened(name)
    const client = clientOf(store, payments, lateRuntime())
    payOf(client)
    const worker = startWorker(client, {
      idle: { min: 20, max: 200 },
      stopOn: [],
    })
    onTestFinished(() => void worker.stop())
    const write = await startWriter(name, payments, { isSilent: true })
    await write(`${name}/silent`)
    await vi.waitFor(() => expect(payments.effects.get(`${name}/silent`)).toBe(1), SEEN)
  })
})
