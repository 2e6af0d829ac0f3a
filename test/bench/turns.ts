import { type Both, MISSING } from './figure.ts'
import type { Ref } from './ref.ts'

/** Who takes a turn: a peer, this package as it is here, or the same of the ref. */
export type Entrant<Name extends string> = { readonly name: Name; readonly ref: Ref | undefined }

/** This package's names begin with its own; those take a turn for the ref too. */
export function entrantsOf<Name extends string>(
  names: readonly Name[],
  ref: Ref | undefined,
): readonly Entrant<Name>[] {
  return names.flatMap(name => [
    { name, ref: undefined },
    ...(ref !== undefined && name.includes('stillonce') ? [{ name, ref }] : []),
  ])
}

/**
 * Lets the entrants take turns, one sample each a round, so that what else the machine does meets all of them;
 * every other round goes backwards, so that none always comes after the same one.
 */
export async function takeTurns<Name extends string, Sample>(
  entrants: readonly Entrant<Name>[],
  rounds: number,
  sample: (entrant: Entrant<Name>) => Promise<Sample | typeof MISSING>,
): Promise<Record<Name, Both<Sample>>> {
  const told = new Map(entrants.map(entrant => [entrant, [] as (Sample | typeof MISSING)[]]))
  for (let round = 0; round < rounds; round += 1)
    for (const entrant of round % 2 === 0 ? entrants : entrants.toReversed())
      told.get(entrant)?.push(await sample(entrant))

  const found = new Map<Name, Both<Sample>>()
  for (const [{ name, ref }, samples] of told) {
    const measured = samples.filter((one): one is Sample => one !== MISSING)
    const isMissing = measured.length < samples.length
    if (ref !== undefined)
      found.set(name, { here: found.get(name)?.here ?? [], there: isMissing ? MISSING : measured })
    else if (isMissing) throw new Error(`${name}: the package lacks what is to be measured.`)
    else found.set(name, { here: measured })
  }
  return Object.fromEntries(found) as Record<Name, Both<Sample>>
}
