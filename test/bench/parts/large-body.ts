import type { ContestantName } from '../contestants/contestants.ts'
import { each, figureOf } from '../figure.ts'
import type { Part } from '../part.ts'
import type { Rounds } from '../rounds.ts'
import { inTurns, WITHOUT_NETWORK } from '../rounds.ts'

const BARE = 'fetch, a body of 1 MB'
const KEPT = 'stillonce, plain fetch, a body of 1 MB kept'

const CONTESTANTS = [BARE, KEPT] as const satisfies readonly ContestantName[]

/** Few, for the memory store holds what it is given. */
const FULL: Rounds = { rounds: 9, calls: 20, warmUp: 20, atATime: 1 }

export function largeBodyPart(rounds: Rounds = FULL): Part {
  return {
    title: "A body of 1 MB with `persist: 'request'`",
    how:
      'CPU of a POST of 1 MB of JSON, stored before it is sent; the network removed, memory store. ' +
      `${rounds.rounds} batches of ${rounds.calls} calls in turns.`,
    async measure(ref) {
      const measured = await inTurns(CONTESTANTS, { ...WITHOUT_NETWORK, ref }, rounds)
      const cpu = (name: (typeof CONTESTANTS)[number]) => each(measured[name], ({ cpuUs }) => cpuUs)
      return [
        figureOf(BARE, 'us CPU', cpu(BARE)),
        figureOf(KEPT, 'us CPU', cpu(KEPT), {
          to: 'fetch',
          measured: cpu(BARE),
          goal: { of: 'ratio', is: 'at most', limit: 5 },
        }),
      ]
    },
  }
}
