import { PerformanceObserver } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import { runBatch } from '../batch.ts'
import type { Surroundings } from '../contestants/contestant.ts'
import { stubFetch } from '../contestants/stub.ts'
import type { ContestantName } from '../contestants/contestants.ts'
import { openContestant } from '../contestants/contestants.ts'
import { tell } from './tell.ts'

/*
 * How much a call allocates in V8's heap, collected at once or not: between two collections nothing is freed, so what
 * the heap grew by is what was allocated. Needs --expose-gc, and a young generation larger than all of it.
 */
const [name, where, warmUp, counted] = process.argv.slice(2)
const calls = Number(counted)

let collections = 0
new PerformanceObserver(list => {
  collections += list.getEntries().length
}).observe({ entryTypes: ['gc'] })

stubFetch()
await tell(async () => {
  const contestant = await openContestant(name as ContestantName, JSON.parse(where ?? '') as Surroundings)
  await runBatch(contestant, { calls: Number(warmUp), atATime: 1 }, 0)
  globalThis.gc?.()
  await collectionsTold()
  collections = 0

  const before = process.memoryUsage().heapUsed
  await runBatch(contestant, { calls, atATime: 1 }, Number(warmUp))
  const allocated = process.memoryUsage().heapUsed - before

  await collectionsTold()
  if (collections > 0)
    throw new Error(`${name}: ${collections} collections freed some of what was allocated.`)
  return allocated / calls
})

/** The observer hears of a collection in a later turn. */
async function collectionsTold(): Promise<void> {
  await wait(10)
}
