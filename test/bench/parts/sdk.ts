import installPackages from '../../sdks/install.ts'
import type { ContestantName } from '../contestants/contestants.ts'
import { SDKS_FOLDER } from '../contestants/sdks.ts'
import type { Goal } from '../figure.ts'
import { each, figureOf } from '../figure.ts'
import type { Part } from '../part.ts'
import type { Rounds } from '../rounds.ts'
import { inTurns } from '../rounds.ts'
import { withServer } from '../server.ts'

/** Each beside the same with its own fetch client. */
const GROUPS = [
  ['stripe, its own fetch', 'stripe over stillonce', 'stripe over stillonce and undici'],
  ['openai, its own fetch', 'openai over stillonce', 'openai over stillonce and undici'],
] as const satisfies readonly (readonly ContestantName[])[]

const AT_ONCE = 64

type Each = ReturnType<typeof each>

export type SdkRounds = { readonly one: Rounds; readonly many: Rounds }

const FULL: SdkRounds = {
  one: { rounds: 20, calls: 250, warmUp: 1_500, atATime: 1 },
  many: { rounds: 20, calls: 1_024, warmUp: 2_048, atATime: AT_ONCE },
}

export function sdkPart({ one, many }: SdkRounds = FULL): Part {
  return {
    title: 'An SDK over `client.fetch`, beside the same SDK with its own fetch client',
    how:
      'The packages of test/sdks, retries and telemetry off; memory store, plain fetch, a server of node:http in another ' +
      `process. ${one.rounds} batches of ${one.calls} calls one after another, then ${many.rounds} of ${many.calls} with ` +
      `${many.atATime} at a time, in turns; what counts of the latter is the time that a call takes of the batch.`,
    async measure(ref) {
      installPackages()
      process.env[SDKS_FOLDER] = new URL('../../sdks/', import.meta.url).href
      const names = GROUPS.flat()
      return withServer(async baseUrl => {
        const alone = await inTurns(names, { network: 'loopback', baseUrl, ref }, one)
        const crowd = await inTurns(names, { network: 'loopback', baseUrl, ref }, many)
        const atMost = (limit: number): Goal => ({ of: 'ratio', is: 'at most', limit })
        const p50 = (name: ContestantName & keyof typeof alone) => each(alone[name], ({ p50Us }) => p50Us)
        const share = (name: keyof typeof crowd) =>
          each(crowd[name], ({ perSecond }) => 1_000_000 / perSecond)
        return GROUPS.flatMap(([own, ...others]) => {
          const beside = (
            what: string,
            of: (name: ContestantName & keyof typeof crowd) => Each,
            limit: number,
          ) => [
            figureOf(`${what}: ${own}`, 'us', of(own)),
            ...others.map(ours =>
              figureOf(`${what}: ${ours}`, 'us', of(ours), {
                to: own,
                measured: of(own),
                goal: atMost(limit),
              }),
            ),
          ]
          return beside('p50', p50, 1.25).concat(beside(`${AT_ONCE} at a time`, share, 1.3))
        })
      })
    },
  }
}
