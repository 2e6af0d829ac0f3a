import { bug, type PlantedBug } from '../simulation/planted-bugs.ts'

/** A part of the package whose histories have a checker of their own: the simulation knows nothing of it. */
export type Part = {
  /** Runs the history of a seed, and tells which rules it breaks. */
  readonly run: (seed: number) => Promise<PartResult>
}

export type PartResult = {
  readonly violations: readonly { readonly rule: string; readonly detail: string }[]
  /** How often each fault struck, or each kind of thing was seen. */
  readonly counts: Readonly<Record<string, number>>
}

/** Loads the source, with what is planted in it under this suffix (test/simulation/plant.ts). */
export type LoadPart = (suffix: string) => Promise<Part>

export function countsOf(kinds: readonly string[]): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {}
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1
  return counts
}

export type PartName = 'indexed-db' | 'probe'

/** A bug that is to be found in the histories of a part, and by which rule. */
export type PlantedPartBug = PlantedBug & { readonly part: PartName; readonly breaks: string }

export const plantedIn =
  (part: PartName) =>
  (
    name: string,
    breaks: string,
    ...changes: readonly (readonly [right: string, wrong: string])[]
  ): PlantedPartBug => ({
    part,
    ...bug(name, ...changes),
    breaks,
  })
