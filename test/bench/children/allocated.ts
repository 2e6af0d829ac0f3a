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

/** How often a collection may come in between before this is given up. */
const TRIES = 5

const collections: PerformanceEntry[] = []
new PerformanceObserver(list => {
  collections.push(...list.getEntries())
}).observe({ entryTypes: ['gc'] })

stubFetch()
await tell(async () => {
  const contestant = await openContestant(name as ContestantName, JSON.parse(where ?? '') as Surroundings)
  await runBatch(contestant, { calls: Number(warmUp), atATime: 1 }, 0)
  for (let begun = Number(warmUp); begun < Number(warmUp) + TRIES * calls; begun += calls) {
    await collected()
    const startedAt = performance.now()
    const before = process.memoryUsage().heapUsed
    await runBatch(contestant, { calls, atATime: 1 }, begun)
    const allocated = process.memoryUsage().heapUsed - before
    const endedAt = performance.now()
    await collected()
    if (!collections.some(({ startTime }) => startTime >= startedAt && startTime < endedAt))
      return allocated / calls
  }
  throw new Error(`${name}: each time a collection freed some of what was allocated.`)
})

/** Collects, and waits until the observer has heard of that, and so of all collections before it. */
async function collected(): Promise<void> {
  const begunAt = performance.now()
  globalThis.gc?.()
  while (!collections.some(({ startTime }) => startTime >= begunAt)) await wait(1)
}
