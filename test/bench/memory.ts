/**
 * Whether memory stays as it is: runs operations, 64 at a time, on a sqlite file, with the network removed, and looks at
 * the heap after each tenth, collected. `node test/bench/memory.ts [operations, 1,000,000 by default]`
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { createClient, ietf } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { sqliteStore } from '../../src/entries/sqlite.ts'

const AT_A_TIME = 64
const PARTS = 10
const GOAL_BYTES = 10_000_000

const operations = Number(process.argv[2] ?? 1_000_000)
setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void
const folder = mkdtempSync(join(tmpdir(), 'stillonce-memory-'))
const path = join(folder, 'store.db')
const store = sqliteStore(path)
const client = createClient({
  transport: fetchTransport({
    baseUrl: 'http://shop.test/',
    fetch: async () => Response.json({ order: 1 }, { status: 201 }),
  }),
  store,
  scope: 'user-7',
  profile: ietf,
})
const placeOrder = client.operation({
  name: 'place-order',
  id: (number: number) => number,
  request: number => ({ method: 'post', url: 'orders', json: { number } }),
})

let begun = 0
async function runUntil(end: number): Promise<void> {
  await Promise.all(
    Array.from({ length: AT_A_TIME }, async () => {
      while (begun < end) await placeOrder.run(begun++)
    }),
  )
}

function heapBytes(): number {
  collect()
  return process.memoryUsage().heapUsed
}

// What is loaded, compiled and cached by the first calls stays, however many follow.
await runUntil(operations / 100)
const before = heapBytes()
const begunMs = performance.now()
for (let part = 1; part <= PARTS; part += 1) {
  await runUntil((operations * part) / PARTS)
  const grown = (heapBytes() - before) / 1e6
  const { rss } = process.memoryUsage()
  console.log(
    `${begun} operations: heap ${grown.toFixed(2)} MB more, RSS ${(rss / 1e6).toFixed(0)} MB, ` +
      `file ${(statSync(path).size / 1e6).toFixed(0)} MB, log ${(statSync(`${path}-wal`).size / 1e6).toFixed(0)} MB`,
  )
}
const grownBytes = heapBytes() - before
await client.close()
await store.close?.()
rmSync(folder, { recursive: true })
const seconds = (performance.now() - begunMs) / 1_000
const isReached = grownBytes < GOAL_BYTES
console.log(
  `${operations} operations in ${seconds.toFixed(0)} s: the heap grew by ${(grownBytes / 1e6).toFixed(2)} MB; ` +
    `goal: less than ${GOAL_BYTES / 1e6} MB, ${isReached ? 'reached' : 'not reached'}`,
)
process.exitCode = isReached ? 0 : 1
