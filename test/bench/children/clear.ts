import { join } from 'node:path'
import type { Batch } from '../batch.ts'
import { runBatch } from '../batch.ts'
import { orderOf, PATH, type Order } from '../contestants/contestant.ts'
import { stubFetch } from '../contestants/stub.ts'
import { tell } from './tell.ts'

/* Settles so many operations on a SQLite file, clears them, and tells how long each record took, in us. */
const [folder = '', count] = process.argv.slice(2)
const settled: Batch = { calls: Number(count), atATime: 64 }

stubFetch()
await tell(async () => {
  const [{ createClient, ietf }, { fetchTransport }, { sqliteStore }] = await Promise.all([
    import('stillonce/core'),
    import('stillonce/fetch'),
    import('stillonce/sqlite'),
  ])
  const store = sqliteStore(join(folder, `${process.pid}.db`))
  const transport = fetchTransport({ baseUrl: 'http://shop.test/' })
  const client = createClient({ store, scope: 'user-1', profile: ietf, transport })
  const placeOrder = client.operation({
    name: 'place-order',
    id: (order: Order) => String(order.number),
    request: order => ({ method: 'post', url: PATH, json: order }),
  })
  await runBatch({ place: number => placeOrder.run(orderOf(number)) }, settled, 0)

  const startedMs = performance.now()
  await client.clear()
  const tookMs = performance.now() - startedMs

  let left = 0
  for await (const _record of store.listSettled?.('') ?? []) left += 1
  if (left > 0) throw new Error(`${left} records were not cleared.`)
  await client.close()
  await store.close?.()
  return (tookMs * 1_000) / settled.calls
})
