import type { PlantedBug } from './planted-bugs.ts'
import { planKills, type Trial } from './plan.ts'
import { STEPS } from './steps.ts'
import { runTrials, type Broken } from './trials.ts'

export type Killing = {
  readonly count: number
  readonly seed: number
  /** So many at a time, each on a file of its own. */
  readonly lanes: number
  /** One trial of them alone. */
  readonly only?: number | undefined
  /** A bug in the source that the processes run. */
  readonly planted?: PlantedBug | undefined
}

export type Killed = {
  /** How often a process was killed at each step. */
  readonly perStep: ReadonlyMap<string, number>
  readonly count: number
  readonly broken: readonly Broken[]
}

/** Kills at least so many processes, and holds every operation to the promises. */
export async function runKills({ count, seed, lanes, only, planted }: Killing): Promise<Killed> {
  const planned = planKills(count, seed)
  const trials = only === undefined ? planned : planned.filter(({ number }) => number === only)
  const reports = await Promise.all(
    Array.from({ length: Math.min(lanes, trials.length) }, (_, lane) =>
      runTrials(
        trials.filter((_trial, index) => index % lanes === lane),
        planted,
      ),
    ),
  )
  const perStep = new Map(
    STEPS.map(({ name }) => [name, sum(reports.map(({ kills }) => kills.get(name) ?? 0))]),
  )
  return { perStep, count: sum([...perStep.values()]), broken: reports.flatMap(({ broken }) => broken) }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** What a trial was, what went wrong in it, and how to see it again. */
export function tellBroken({ trial, violations }: Broken, { count, seed, planted }: Killing): string {
  const bug = planted === undefined ? '' : ` --planted '${planted.name}'`
  return [
    `trial ${trial.number}: ${lifeOf(trial)}`,
    ...violations.map(({ kind, what }) => `  ${kind}: ${what}`),
    `  replay: npm run test:kill -- --count ${count} --seed ${seed} --only ${trial.number}${bug}`,
  ].join('\n')
}

function lifeOf({ steps, takeUp, asideCount }: Trial): string {
  return `${steps.map(({ name }) => name).join('; then ')}; then ${takeUp}; ${asideCount} beside it`
}
