import { runWatch } from '../runtime/run-watch.ts'
import { textOfCommand, textOfEvent } from './step-text.ts'

/** One event that a run took, and what came of it. */
export type RecordedStep = {
  /** Counts the runs since the recording began: 1 is the first. */
  readonly run: number
  /** Which client the run is of: each has a name of its own. */
  readonly runner: string
  /** The operation's name and its id. */
  readonly name: string
  readonly operationId: string
  /** Epoch ms, by the client's clock. */
  readonly at: number
  /** What happened: `'observed: 503'`. */
  readonly event: string
  /** What the run does from then on: `'resting'`. */
  readonly state: string
  /** What the run had done for it: `['rest 500 ms']`. */
  readonly commands: readonly string[]
}

export type RunRecording = {
  /** All steps so far, oldest first; with an id, those of one operation. */
  readonly steps: (operationId?: string) => readonly RecordedStep[]
  /** The same as text, a line for each step. */
  readonly history: (operationId?: string) => string
  /** Nothing more is recorded. */
  readonly end: () => void
}

/**
 * Records every event that a run in this process takes, from now on: which answers, which words of the store, in what
 * order, and where each led. For a test that fails, to print what happened. One recording at a time: a new one ends
 * the one before. No body, header or credential is in it.
 *
 * @example
 * const runs = recordRuns()
 * await place.run(cart).catch(() => {})
 * console.log(runs.history(cart.id))
 */
export function recordRuns(): RunRecording {
  const steps: RecordedStep[] = []
  const numbers = new WeakMap<object, number>()
  let count = 0
  const of = (operationId: string | undefined) =>
    operationId === undefined ? [...steps] : steps.filter(step => step.operationId === operationId)
  const see: NonNullable<typeof runWatch.see> = (run, event, does, commands) => {
    if (!numbers.has(run)) numbers.set(run, ++count)
    const { runtime } = run.engine
    steps.push({
      run: numbers.get(run) ?? 0,
      runner: runtime.runnerId,
      name: run.plan.name,
      operationId: run.operationId,
      at: runtime.now(),
      event: textOfEvent(event),
      state: does.name,
      commands: commands.map(textOfCommand),
    })
  }
  runWatch.see = see
  return {
    steps: of,
    history: operationId =>
      of(operationId)
        .map(lineOf(steps[0]?.at ?? 0))
        .join('\n'),
    end: () => {
      if (runWatch.see === see) runWatch.see = undefined
    },
  }
}

function lineOf(begunAt: number): (step: RecordedStep) => string {
  return ({ at, run, operationId, event, state, commands }) => {
    const when = `+${at - begunAt} ms`
    return `${when.padStart(9)}  run ${run}  ${operationId}  ${event} -> ${state}; ${commands.join(', ') || 'nothing'}`
  }
}
