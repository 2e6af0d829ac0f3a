import { randomOf, type Random } from '../simulation/random.ts'
import { STEPS, type Left, type Step } from './steps.ts'

/** How the process that comes last takes the operation up, before it is run to its end. */
export type TakeUp = 'run' | 'resume' | 'pending' | 'settle'

/** The life of one operation: whose process is killed at each step, one after the other, and who comes last. */
export type Trial = {
  readonly number: number
  readonly steps: readonly Step[]
  readonly takeUp: TakeUp
  /** Operations under way beside it when the first is killed. */
  readonly asideCount: number
}

const TAKE_UPS: readonly TakeUp[] = ['run', 'resume', 'pending', 'settle']
/** An operation dies no more often than this. */
const MOST_DEATHS = 4

/**
 * At least `count` kills, spread evenly: each round has every step once, the last one as many as are left. What
 * takes up an operation that a killed process left is put behind a step that leaves one.
 */
export function planKills(count: number, seed: number): readonly Trial[] {
  const random = randomOf(seed)
  const lives: Step[][] = []
  for (let planned = 0; planned < count; planned += STEPS.length) {
    const round = shuffled(STEPS, random).slice(0, count - planned)
    lives.push(...joined(round, random))
  }
  return lives.map((steps, number) => ({
    number,
    steps,
    takeUp: random.pick(TAKE_UPS),
    asideCount: random.between(0, 2),
  }))
}

function joined(steps: readonly Step[], random: Random): Step[][] {
  const lives = steps.filter(step => step.takesUp === undefined).map(step => [step])
  for (const step of steps) {
    if (step.takesUp === undefined) continue
    const fit = lives.filter(life => life.length < MOST_DEATHS && step.takesUp?.(leftBy(life)) === true)
    if (fit.length > 0) random.pick(fit).push(step)
    else lives.push([random.pick(STEPS.filter(first => isFit(first, step))), step])
  }
  return lives
}

function isFit(first: Step, next: Step): boolean {
  return first.takesUp === undefined && next.takesUp?.(leftBy([first])) === true
}

function leftBy(life: readonly Step[]): Left {
  let left: Left = { record: 'nothing', executed: 'no' }
  for (const step of life) left = step.leaves(left)
  return left
}

function shuffled<Value>(values: readonly Value[], random: Random): Value[] {
  const mixed = [...values]
  for (let last = mixed.length - 1; last > 0; last -= 1) {
    const other = random.between(0, last)
    const value = mixed[last]!
    mixed[last] = mixed[other]!
    mixed[other] = value
  }
  return mixed
}
