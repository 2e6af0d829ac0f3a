/** Runs every order once, as all its rivals do, and sends what it was told and how long it stood still: `racer.ts <options as JSON>`. */
import { once } from 'node:events'
import { createClient, ietf } from '../../../src/entries/core.ts'
import { fetchTransport } from '../../../src/entries/fetch.ts'
import { sqliteStore } from '../../../src/entries/sqlite.ts'
import type { Raced, RacerOptions } from '../race.ts'
import { watchEventLoop, watchSqliteCalls } from './stand-still.ts'

const { path, origin, keys, first } = JSON.parse(process.argv[2] ?? '') as RacerOptions
const AT_A_TIME = 16

const calls = watchSqliteCalls()
const store = sqliteStore(path)
const client = createClient({
  transport: fetchTransport({ baseUrl: `${origin}/` }),
  store,
  scope: 'user-7',
  profile: ietf,
  deadline: 600_000,
})
const placeOrder = client.operation({
  name: 'place-order',
  id: (order: number | string) => order,
  request: order => ({ method: 'post', url: `orders/${order}` }),
})

// What is loaded at the first use, Node's fetch and the schema of stored records above all, is there when the race begins.
await placeOrder.run(`rehearsal of ${process.pid}`)
await placeOrder.inspect(`rehearsal of ${process.pid}`)
const go = once(process, 'message')
process.send?.('ready')
await go
const endWatch = watchEventLoop()

const results: Raced['results'][number][] = []
let begun = 0
async function runner(): Promise<void> {
  for (let turn = begun++; turn < keys; turn = begun++) {
    // Half of the racers begin at the other end, so that they meet everywhere.
    const number = (first + turn) % keys
    const end = await placeOrder.start(number).settled
    const order = end.outcome === 'executed' && (end.data as { readonly order?: number } | undefined)?.order
    results.push({ number, outcome: end.outcome, order, replayed: 'replayed' in end && end.replayed })
  }
}
await Promise.all(Array.from({ length: AT_A_TIME }, runner))
const longestStop = endWatch()
await client.close()
await store.close?.()
process.send?.({ results, longestStop, longestCall: calls.longest() } satisfies Raced, () =>
  process.disconnect(),
)
