/** A process that the kill test kills: `worker.ts <options as JSON>`. Its orders come as messages, one at a time. */
import type * as Core from '../../../src/entries/core.ts'
import type { OperationError, Settled } from '../../../src/entries/core.ts'
import type * as Fetch from '../../../src/entries/fetch.ts'
import type * as Sqlite from '../../../src/entries/sqlite.ts'
import type * as Undici from '../../../src/entries/undici.ts'
import type { Told, Word, WorkerOptions, WorkerOrder } from '../worker.ts'
import { plant } from '../../simulation/plant.ts'
import { PLANTED_BUGS } from '../planted-bugs.ts'
import {
  armed,
  arm,
  probedStore,
  reach,
  refuseSyncs,
  stopInsteadOfWaiting,
  watchFetch,
  watchSqlite,
} from './probes.ts'

const given = JSON.parse(process.argv[2] ?? '') as WorkerOptions
const { path, origin, planted, timeout = 10_000, deadline = 20_000 } = given
if (given.stops === true) stopInsteadOfWaiting()
const bug = PLANTED_BUGS.find(({ name }) => name === planted)
const suffix = bug === undefined ? '' : plant(bug)
watchSqlite()
watchFetch()
if (given.disk !== undefined && 'syncsBefore' in given.disk) refuseSyncs(given.disk.syncsBefore)

const src = new URL('../../../src/entries/', import.meta.url).href
const { createClient, defineProfile, ietf } = (await import(`${src}core.ts${suffix}`)) as typeof Core
const { fetchTransport } = (await import(`${src}fetch.ts${suffix}`)) as typeof Fetch
const { sqliteStore } = (await import(`${src}sqlite.ts${suffix}`)) as typeof Sqlite

/** Every fourth process sends over undici's dispatcher. */
async function innermost() {
  if (process.pid % 4 !== 0) return undefined
  const { undiciFetch } = (await import(`${src}undici.ts${suffix}`)) as typeof Undici
  return undiciFetch()
}

let onWaiting = (_id: string) => {}
const client = createClient({
  transport: fetchTransport({ baseUrl: `${origin}/`, fetch: await innermost() }),
  store: probedStore(sqliteStore(path)),
  scope: 'user-7',
  profile: defineProfile({
    ...ietf,
    status: { executed: ['succeeded'], notExecuted: ['failed', 'canceled'] },
    cancel: { executed: ['succeeded'], notExecuted: ['failed'] },
  }),
  timeout,
  deadline,
  retry: { attempts: 3, backoff: { base: 1, cap: 2 } },
  poll: { interval: { min: 1, max: 5 }, deadline },
  onEvent: event => {
    if (event.type !== 'waiting') return
    reach('waiting', event.operationId)
    onWaiting(event.operationId)
  },
})
const placeOrder = client.operation({
  name: 'place-order',
  id: (id: string) => id,
  request: id => ({ method: 'post', url: `orders/${id}`, json: { id } }),
  status: { request: ({ key, id }) => ({ url: `status/${String(id)}/${key}` }) },
  cancel: { request: ({ key, id }) => ({ method: 'delete', url: `orders/${String(id)}/${key}` }) },
  persist: 'request',
})

async function perform({ doing, id, asides, conclusion }: WorkerOrder): Promise<Word[]> {
  const aside = asides.map(async other => word('run', other, await placeOrder.start(other).settled))
  const words = await main(doing, id, conclusion)
  return [...words, ...(await Promise.all(aside))]
}

async function main(doing: WorkerOrder['doing'], id: string, conclusion: unknown): Promise<Word[]> {
  switch (doing) {
    case 'run':
    case 'run-beside':
      return [word('run', id, await placeOrder.start(id).settled)]
    case 'run-and-leave': {
      const leave = new AbortController()
      onWaiting = waiting => {
        if (waiting === id) queueMicrotask(() => leave.abort())
      }
      await placeOrder.start(id, { signal: leave.signal }).settled
      // Its caller is told at once; what the run still writes is what this process is here for.
      return new Promise(() => {})
    }
    case 'resume':
      for (const resumed of await client.resume({ send: true })) {
        if (resumed.id === id) return [{ call: 'resume', id, outcome: resumed.outcome }]
      }
      return []
    case 'settle':
      return [word('settle', id, await placeOrder.settle(id))]
    case 'pending':
      for (const open of await client.pending()) {
        if (open.id === id) return [word('settle', id, await open.settle())]
      }
      return []
    case 'cancel':
      return [word('cancel', id, await placeOrder.cancel(id))]
    case 'conclude':
      await placeOrder.conclude(id, { outcome: 'executed', data: conclusion, begin: true })
      return []
    case 'forget':
      await placeOrder.forget(id, { force: true })
      return []
    default:
      return doing satisfies never
  }
}

function word(call: Word['call'], id: string, settled: Settled): Word {
  const { outcome } = settled
  if (settled.error === undefined) {
    const { data, replayed } = settled
    return { call, id, outcome, replayed, order: (data as { readonly order?: unknown } | undefined)?.order }
  }
  const { code, key }: OperationError = settled.error
  return { call, id, outcome, code, key }
}

process.on('message', (order: WorkerOrder) => {
  arm(order.arm === undefined ? undefined : { id: order.id, ...order.arm })
  void perform(order).then(
    words => {
      if (armed() === 'told') reach('told', order.id)
      process.send?.({ words } satisfies Told)
    },
    (error: unknown) => process.send?.({ failed: String(error) } satisfies Told),
  )
})
process.send?.('ready')
