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
/** What a package loads in the background makes promises too, once: then the calls are counted again. */
const MOST_TRIES = 20

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

  let number = WARM_UP
  const next = () => contestant.place(number++)
  let counts: number[] = []
  for (let left = MOST_TRIES; left > 0 && new Set(counts).size !== 1; left -= 1) {
    counts = []
    while (counts.length < COUNTED) counts.push(await promisesOf(next))
  }
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
