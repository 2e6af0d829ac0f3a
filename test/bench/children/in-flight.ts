import { setImmediate } from 'node:timers/promises'
import type { Surroundings } from '../contestants/contestant.ts'
import type { ContestantName } from '../contestants/contestants.ts'
import { openContestant } from '../contestants/contestants.ts'
import { silentFetch } from '../contestants/stub.ts'
import { tell } from './tell.ts'

/* Brings so many calls into the air at once, to a server that never answers; needs --expose-gc. */
const [name, where, count] = process.argv.slice(2)
const operations = Number(count)
const network = silentFetch()

await tell(async () => {
  const contestant = await openContestant(name as ContestantName, JSON.parse(where ?? '') as Surroundings)
  const before = heapBytes()

  const cpu = process.cpuUsage()
  for (let number = 0; number < operations; number += 1) void contestant.place(number)
  while (network.sent < operations) await setImmediate()
  const { user, system } = process.cpuUsage(cpu)

  const held = (heapBytes() - before) / operations
  return { cpuUs: (user + system) / operations, heldBytes: held }
})

/** Bodies lie outside of V8's own heap, and count too. */
function heapBytes(): number {
  globalThis.gc?.()
  const { heapUsed: own, external } = process.memoryUsage()
  return own + external
}
