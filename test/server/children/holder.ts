/** Serves one request and stands still at a named step: `holder.ts <path> <ledger> <step> <resumable>`. */
import { once } from 'node:events'
import { createIdempotency } from '../../../src/entries/server.ts'
import { sqliteStore } from '../../../src/entries/sqlite.ts'
import type { RecordStore } from '../../../src/public/store.ts'
import { act } from '../ledger.ts'
import type { Step } from '../processes.ts'

const [path = '', ledger = '', step = '', resumable = ''] = process.argv.slice(2)

async function reach(reached: Step): Promise<void> {
  if (reached !== step) return
  process.send?.('reached')
  await once(process, 'message')
}

const store = sqliteStore(path)
let writes = 0
const probed: RecordStore = {
  ...store,
  set: async (key, value, options) => {
    if (!key.startsWith('ss1/')) return store.set(key, value, options)
    const which = (writes += 1) === 1 ? 'claim' : 'completion'
    await reach(`before the ${which}`)
    const version = await store.set(key, value, options)
    await reach(`after the ${which}`)
    return version
  },
}
const idempotency = createIdempotency({ store: probed, scope: 'shop', resumable: resumable === 'resumable' })
const request = new Request('http://shop.example/orders', {
  method: 'POST',
  body: 'tea',
  headers: { 'idempotency-key': 'k1' },
})
const response = await idempotency.handle(request, async (_, { deriveKey }) => {
  await reach('before the effect')
  act(ledger, await deriveKey('order'), 'holder')
  await reach('after the effect')
  return new Response('by the holder', { status: 201 })
})
process.send?.({
  status: response.status,
  replayed: response.headers.has('idempotent-replayed'),
  body: await response.text(),
})
await store.close?.()
process.disconnect()
