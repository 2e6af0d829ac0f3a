import { runWatch } from '../runtime/run-watch.ts'
import { textOfCommand, textOfEvent } from './step-text.ts'

/** One event of a run, and what followed from it. */
export type RecordedStep = {
  /** Number of the run since the recording began; the first is 1. */
  readonly run: number
  /** The name of the client that the run belongs to. Each client has its own name. */
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
  /** What the run requested because of the event: `['rest 500 ms']`. */
  readonly commands: readonly string[]
}

export type RunRecording = {
  /** All steps so far, oldest first; with an id, those of one operation. */
  readonly steps: (operationId?: string) => readonly RecordedStep[]
  /** The same steps as text, one line each. */
  readonly history: (operationId?: string) => string
  /** Ends the recording. */
  readonly end: () => void
}

/**
 * Records every event of every run in this process from now on: answers and results of the store, their order, and
 * what each led to. Print the recording when a test fails. Only one recording is active at a time, and a new one ends
 * the one before. Bodies, headers and credentials are never recorded.
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
