import { createHook } from 'node:async_hooks'
import { setImmediate as turn } from 'node:timers/promises'
import type { Surroundings } from '../contestants/contestant.ts'
import { stubFetch } from '../contestants/stub.ts'
import type { ContestantName } from '../contestants/contestants.ts'
import { openContestant } from '../contestants/contestants.ts'
import { tell } from './tell.ts'

/* Counts the promises that are made from a call to the turn of the event loop after its answer, the network removed. */
const WARM_UP = 20
const COUNTED = 10

const [name, where] = process.argv.slice(2)
let made = 0
const hook = createHook({
  init(_, type) {
    if (type === 'PROMISE') made += 1
  },
})

stubFetch()
await tell(async () => {
  const contestant = await openContestant(name as ContestantName, JSON.parse(where ?? '') as Surroundings)
  for (let number = 0; number < WARM_UP; number += 1) await contestant.place(number)
  await turn()

  const counts: number[] = []
  for (let call = 0; call < COUNTED; call += 1)
    counts.push(await promisesOf(() => contestant.place(WARM_UP + call)))
  return counts
})

/** Callbacks in place of `await`, which makes promises too; the one of `then` is taken off. */
function promisesOf(work: () => Promise<unknown>): Promise<number> {
  return new Promise((resolve, reject) => {
    made = 0
    hook.enable()
    work().then(() => setImmediate(ended), reject)
    function ended(): void {
      hook.disable()
      resolve(made - 1)
    }
  })
}
