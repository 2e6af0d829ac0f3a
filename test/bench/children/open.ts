import type { RecordStore } from 'stillonce'
import type { Order } from '../contestants/contestant.ts'
import { PATH } from '../contestants/contestant.ts'
import { tell } from './tell.ts'

export type WorkedOff = {
  readonly takenUp: number
  readonly tookMs: number
  /** The most that the process had. */
  readonly rssBytes: number
  /** What is in use at the end, collected, where that was asked for (`--expose-gc`). */
  readonly keptBytes: number
}

/* A worker on a store with open operations, until all have ended, or for so many ms. The server is within the process. */
const [kind = '', place = '', count, longestMs] = process.argv.slice(2)

async function openStore(): Promise<{ readonly store: RecordStore; readonly end: () => Promise<unknown> }> {
  if (kind === 'sqlite') {
    const { sqliteStore } = await import('stillonce/sqlite')
    return { store: sqliteStore(place), end: async () => {} }
  }
  const [{ postgresStore }, { Pool }] = await Promise.all([import('stillonce/postgres'), import('pg')])
  const pool = new Pool({ connectionString: place, max: 16 })
  return { store: postgresStore(pool), end: () => pool.end() }
}

await tell(async (): Promise<WorkedOff> => {
  const [{ createClient, ietf }, { fetchTransport }, { startWorker }] = await Promise.all([
    import('stillonce/core'),
    import('stillonce/fetch'),
    import('stillonce/worker'),
  ])
  const { store, end } = await openStore()
  let executed = 0
  let allEnded = () => {}
  const ended = new Promise<void>(resolve => (allEnded = resolve))
  const client = createClient({
    transport: fetchTransport({
      baseUrl: 'http://shop.test/',
      fetch: async () => Response.json({ order: 1 }, { status: 201 }),
    }),
    store,
    scope: 'bench',
    profile: ietf,
    validFor: 2 ** 31 - 1,
    onEvent: ({ type }) => {
      if (type === 'settled' && (executed += 1) === Number(count)) allEnded()
    },
  })
  client.operation({
    name: 'place-order',
    id: (order: Order) => String(order.number),
    persist: 'request',
    request: order => ({ method: 'post', url: PATH, json: order }),
  })
  const begunMs = performance.now()
  const worker = startWorker(client)
  await Promise.race([ended, new Promise(resolve => setTimeout(resolve, Number(longestMs)))])
  const tookMs = performance.now() - begunMs
  const { takenUp } = worker.health()
  globalThis.gc?.()
  const { heapUsed, external } = process.memoryUsage()
  await worker.stop()
  await client.close()
  await store.close?.()
  await end()
  return { takenUp, tookMs, rssBytes: process.resourceUsage().maxRSS * 1_024, keptBytes: heapUsed + external }
})
