import { tmpdir } from 'node:os'
import type { Surroundings } from './contestants/contestant.ts'
import type { ContestantName } from './contestants/contestants.ts'
import { MISSING } from './figure.ts'
import { childOf } from './ref.ts'
import { WITHOUT_NETWORK } from './rounds.ts'
import { toldBy } from './told.ts'
import type { Entrant } from './turns.ts'

/** How many promises a call makes, in a fresh process. Throws where the calls do not all make the same. */
export async function promisesOf({ name, ref }: Entrant<ContestantName>): Promise<number | typeof MISSING> {
  const surroundings: Surroundings = { ...WITHOUT_NETWORK, folder: tmpdir() }
  const told = await toldBy<readonly number[]>(childOf('promises.ts', ref), [
    name,
    JSON.stringify(surroundings),
  ])
  if (told === MISSING) return MISSING
  const [first, ...others] = new Set(told)
  if (first === undefined || others.length > 0)
    throw new Error(`${name}: calls make different numbers of promises: ${told.join(', ')}.`)
  return first
}
