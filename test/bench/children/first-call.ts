import type { Surroundings } from '../contestants/contestant.ts'
import { stubFetch } from '../contestants/stub.ts'
import type { ContestantName } from '../contestants/contestants.ts'
import { openContestant } from '../contestants/contestants.ts'
import { tell } from './tell.ts'

/* In a fresh process, the network removed: how long from nothing imported to the first answer. */
const [name, where] = process.argv.slice(2)
stubFetch()
// What any first fetch pays.
await (await fetch('http://shop.test/')).json()
await tell(async () => {
  const startedMs = performance.now()
  const contestant = await openContestant(name as ContestantName, JSON.parse(where ?? '') as Surroundings)
  await contestant.place(0)
  return performance.now() - startedMs
})
