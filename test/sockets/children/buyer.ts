/** Places the order of these tests with a sqlite store, and tells how it ended: `buyer.ts <options as JSON>`. */
import { once } from 'node:events'
import { createClient, defineProfile, ietf, noKeys } from '../../../src/entries/core.ts'
import type { OperationEvent, RecordStore } from '../../../src/entries/core.ts'
import { fetchTransport } from '../../../src/entries/fetch.ts'
import { sqliteStore } from '../../../src/entries/sqlite.ts'
import type { BuyerOptions, Pause } from '../buyers.ts'

const given = JSON.parse(process.argv[2] ?? '') as BuyerOptions
const { path, origin, keys, timeout, attempts, pauseAt, onCommand, item = 0 } = given
// Root may write where nobody else may: become nobody, now that everything is loaded.
if (given.as === 'nobody' && process.getuid?.() === 0) process.setuid?.(65_534)

let isPaused = false
async function pause(place: Pause): Promise<void> {
  if (place !== pauseAt || isPaused) return
  isPaused = true
  await tell(place)
}

/** Tells where this process is, and waits for the word to go on. */
async function tell(place: Pause | 'ready'): Promise<void> {
  const word = once(process, 'message')
  process.send?.({ place })
  await word
}

const file = sqliteStore(path)
const store: RecordStore = {
  ...file,
  get: async key => {
    const record = await file.get(key)
    process.send?.({ place: 'read' })
    return record
  },
  set: async (key, value, options) => {
    await pause(options.open ? 'write-ahead' : 'settle')
    return file.set(key, value, options)
  },
}

const events: OperationEvent[] = []
const client = createClient({
  transport: fetchTransport({
    baseUrl: origin,
    fetch: async (input, init) => {
      await pause('byte')
      return fetch(input, init)
    },
  }),
  store,
  scope: 'user-7',
  profile:
    keys === 'honours' ? ietf : defineProfile({ ...noKeys, name: 'sees-keys', header: 'Idempotency-Key' }),
  timeout,
  deadline: 20_000,
  retry: { attempts, backoff: { base: 1, cap: 2 } },
  onEvent: event => events.push(event),
})
const placeOrder = client.operation({
  name: 'place-order',
  id: (cart: { readonly id: string; readonly item: string }) => cart.id,
  request: cart => ({ method: 'post', url: 'orders', json: cart }),
  persist: item === 0 ? 'key' : 'request',
})

if (onCommand === true) await tell('ready')
const { outcome, error, ...rest } = await placeOrder.start({ id: 'cart-42', item: 'x'.repeat(item) }).settled
const end =
  error === undefined ? { outcome, data: 'data' in rest && rest.data } : { outcome, code: error.code }
const replayed = 'replayed' in rest && rest.replayed
await client.close()
await file.close?.()
process.send?.({ purchase: { end, replayed, events: events.map(event => event.type) } }, () =>
  process.disconnect(),
)
