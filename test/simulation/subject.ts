import type * as ClientModule from '../../src/client/client.ts'
import type * as ProfileModule from '../../src/profiles/define-profile.ts'
import type * as PartsModule from '../../src/client/parts.ts'
import type * as KyModule from '../../src/transports/ky.ts'
import type * as IdempotencyModule from '../../src/server/idempotency.ts'
import type * as NotExecutedModule from '../../src/server/answer/not-executed.ts'
import type * as StillonceModule from '../../src/profiles/stillonce.ts'
import type * as MemoryModule from '../../src/stores/memory/memory-store.ts'
import type * as EnqueueModule from '../../src/client/stored/enqueue.ts'
import type * as WorkerModule from '../../src/worker/start-worker.ts'
import type * as WatchModule from '../../src/runtime/run-watch.ts'
import type { RecordsWithin } from '../../src/public/store.ts'
import { systemRuntime } from '../../src/runtime/system-runtime.ts'
import type { CreateClient } from './history.ts'
import { directTransport } from './history.ts'
import { ORIGIN } from './sim-network.ts'

/** What is under simulation: the source as it is, or with a planted bug. */
export type Subject = {
  readonly buildClient: typeof ClientModule.buildClient
  readonly defineProfile: typeof ProfileModule.defineProfile
  readonly memoryStore: typeof MemoryModule.memoryStore
  readonly createClient: CreateClient
  readonly stillonce: typeof StillonceModule.stillonce
  readonly buildIdempotency: typeof IdempotencyModule.buildIdempotency
  readonly NotExecuted: typeof NotExecutedModule.NotExecuted
  readonly enqueue: typeof EnqueueModule.enqueue
  readonly startWorker: typeof WorkerModule.startWorker
  readonly runWatch: typeof WatchModule.runWatch
}

/** Loads the source; `suffix` is a query that module hooks may act on (planted-bugs.ts). */
export async function loadSubject(via: 'direct' | 'ky', suffix = ''): Promise<Subject> {
  const load = async <Module>(path: string) =>
    (await import(/* @vite-ignore */ `../../src/${path}${suffix}`)) as Module
  const { buildClient } = await load<typeof ClientModule>('client/client.ts')
  const { defineProfile } = await load<typeof ProfileModule>('profiles/define-profile.ts')
  const { memoryStore } = await load<typeof MemoryModule>('stores/memory/memory-store.ts')
  const { kyTransport } = await load<typeof KyModule>('transports/ky.ts')
  const { stillonce } = await load<typeof StillonceModule>('profiles/stillonce.ts')
  const { buildIdempotency } = await load<typeof IdempotencyModule>('server/idempotency.ts')
  const { NotExecuted } = await load<typeof NotExecutedModule>('server/answer/not-executed.ts')
  const { runWatch } = await load<typeof WatchModule>('runtime/run-watch.ts')
  const { enqueue } = await load<typeof EnqueueModule>('client/stored/enqueue.ts')
  const { startWorker } = await load<typeof WorkerModule>('worker/start-worker.ts')
  const { loadParts } = await load<typeof PartsModule>('client/parts.ts')
  await loadParts()
  await enqueuedOnce({ buildClient, defineProfile, memoryStore, enqueue })
  const createClient: CreateClient = (options, fetch, runtime) =>
    via === 'direct'
      ? buildClient(
          { ...options, transport: undefined } as never,
          'transport',
          () => directTransport(fetch),
          runtime,
        )
      : buildClient(options, 'http', () => kyTransport({ baseUrl: `${ORIGIN}/`, fetch }), runtime)
  return {
    buildClient,
    defineProfile,
    memoryStore,
    createClient,
    stillonce,
    buildIdempotency,
    NotExecuted,
    enqueue,
    startWorker,
    runWatch,
  }
}

/** The code of a first `enqueue` is loaded by it, which takes real time. */
async function enqueuedOnce({
  buildClient,
  defineProfile,
  memoryStore,
  enqueue,
}: Pick<Subject, 'buildClient' | 'defineProfile' | 'memoryStore' | 'enqueue'>): Promise<void> {
  const store = memoryStore()
  const records: RecordsWithin = Object.assign(store, { fail: async () => {} })
  const profile = defineProfile({ name: 'model', honoursKeys: true, retention: 86_400_000 })
  const client = buildClient(
    { store: Object.assign(store, { within: () => records }), scope: 'u1', profile },
    'transport',
    () => directTransport(fetch),
    systemRuntime(),
  )
  const pay = client.operation({
    name: 'pay',
    id: () => 'a',
    persist: 'request',
    request: () => ({ method: 'post', url: 'orders', json: {} }),
  })
  await enqueue({ query: async () => ({ rows: [] }) }, pay, undefined)
  await client.close()
}
