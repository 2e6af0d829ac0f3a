/** What was measured of one thing, beside what it is to be. */
export type Figure = {
  readonly what: string
  readonly measured: number
  readonly unit: Unit
  readonly ratio?: { readonly value: number; readonly to: string } | undefined
  readonly goal?: Goal | undefined
  /** The same of the ref that this checkout is held against. */
  readonly there?: There | undefined
}

export type Unit = 'us' | 'us CPU' | 'ms' | '/s' | 'bytes' | 'promises'

export type Goal = {
  /** Of the ratio, or of what was measured. */
  readonly of: 'ratio' | 'measured'
  readonly is: 'at most' | 'at least' | 'below'
  readonly limit: number
}

type There =
  | typeof MISSING
  | {
      readonly measured: number
      /** Its own, to the same. */
      readonly ratio?: number | undefined
      /** What this checkout has for each 1 of the ref's. */
      readonly change: number
    }

/** The ref has no such entry or function. */
export const MISSING = 'missing'

/** What was measured of this checkout, round for round, and of the ref that it is held against, if there is one. */
export type Both<Sample = number> = {
  readonly here: readonly Sample[]
  readonly there?: readonly Sample[] | typeof MISSING | undefined
}

export function each<Sample>({ here, there }: Both<Sample>, number: (sample: Sample) => number): Both {
  return { here: here.map(number), there: there === MISSING ? MISSING : there?.map(number) }
}

/** Medians of what was measured, and of the ratios of the same round: a slow moment strikes both, so it cancels. */
export function figureOf(
  what: string,
  unit: Unit,
  measured: Both,
  against?: { readonly to: string; readonly measured: Both; readonly goal?: Goal | undefined },
): Figure {
  const { here } = measured
  const ratio = against && { value: pairedRatio(here, against.measured.here), to: against.to }
  const there = thereOf(measured, against?.measured)
  return { what, unit, measured: median(here), ratio, goal: against?.goal, there }
}

/** A figure of its own goal, which is no ratio to anything. */
export function aimed(figure: Figure, goal: Goal | undefined): Figure {
  return { ...figure, goal }
}

/** A peer is the same for both; what the ref itself has is held against the ref's. */
function thereOf({ here, there }: Both, against: Both | undefined): There | undefined {
  if (there === undefined || there === MISSING) return there
  const peers = against?.there === MISSING ? undefined : (against?.there ?? against?.here)
  return {
    measured: median(there),
    ratio: peers && pairedRatio(there, peers),
    change: pairedRatio(here, there),
  }
}

export function isReached({ measured, ratio, goal }: Figure): boolean | undefined {
  if (goal === undefined) return undefined
  const value = goal.of === 'ratio' ? (ratio?.value ?? Number.NaN) : measured
  switch (goal.is) {
    case 'at most':
      return value <= goal.limit
    case 'below':
      return value < goal.limit
    case 'at least':
      return value >= goal.limit
    default:
      return goal.is satisfies never
  }
}

function pairedRatio(ours: readonly number[], theirs: readonly number[]): number {
  return median(ours.map((value, round) => value / (theirs[round] ?? Number.NaN)))
}

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  const middle = sorted.length / 2
  return ((sorted[Math.ceil(middle) - 1] ?? Number.NaN) + (sorted[Math.floor(middle)] ?? Number.NaN)) / 2
}
