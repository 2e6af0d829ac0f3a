import type { ContestantName } from '../contestants/contestants.ts'
import type { Goal } from '../figure.ts'
import { aimed, figureOf } from '../figure.ts'
import type { Part } from '../part.ts'
import { promisesOf } from '../promises.ts'
import { entrantsOf, takeTurns } from '../turns.ts'

const CONTESTANTS = [
  'fetch',
  'ky',
  'stillonce, plain fetch',
  'stillonce, ky',
] as const satisfies readonly ContestantName[]

const GOALS: Partial<Record<ContestantName, Goal>> = {
  'stillonce, plain fetch': { of: 'measured', is: 'at most', limit: 40 },
}

export function promisesPart(): Part {
  return {
    title: 'Promises of a call',
    how:
      'How many promises Node’s `async_hooks` see made between the call and the turn of the event loop after its ' +
      'answer; memory store, the network removed, after 20 calls. The number is exact: ten calls must have the same.',
    async measure(ref) {
      const counted = await takeTurns(entrantsOf(CONTESTANTS, ref), 1, promisesOf)
      return CONTESTANTS.map(name =>
        aimed(
          figureOf(name, 'promises', counted[name], { to: 'fetch', measured: counted.fetch }),
          GOALS[name],
        ),
      )
    },
  }
}
