import { pollDelayMs, retryDelayMs } from './backoff.ts'
import type { Progress } from './run-progress.ts'
import type { Moment, Step, StepPolicy } from './step.ts'

/* The pauses between the steps of a run. */

type Pause = {
  readonly delayMs: number
  readonly asked: boolean
  readonly before: 'retry' | 'poll' | 'query'
}

export function retryPause(progress: Progress, policy: StepPolicy, moment: Moment): Pause {
  const delayMs = retryDelayMs(policy.backoff, Math.max(0, progress.turns - 1), moment.random)
  return { ...longer(delayMs, progress.retryAfterMs), before: 'retry' }
}

export function askPause(progress: Progress, policy: StepPolicy, moment: Moment): Pause {
  const delayMs = pollDelayMs(policy.pollInterval, progress.asks, moment.random)
  const before =
    progress.last?.kind === 'processing' || progress.lastAsk?.kind === 'processing' ? 'poll' : 'query'
  return { ...longer(delayMs, progress.retryAfterMs), before }
}

/** Never sooner than the server asked. */
function longer(
  delayMs: number,
  retryAfterMs: number | undefined,
): { readonly delayMs: number; readonly asked: boolean } {
  return retryAfterMs !== undefined && retryAfterMs >= delayMs
    ? { delayMs: retryAfterMs, asked: true }
    : { delayMs, asked: false }
}

export function afterRest(progress: Progress, pause: Pause, moment: Moment, step: Step): Step {
  return progress.rested ? step : pauseFor(pause, moment, pause.before, step.reason, 'keeps-turn')
}

/** A pause that only leads past the deadline ends the run at once; a Retry-After says until when. */
export function pauseFor(
  pause: Pause,
  moment: Moment,
  before: 'retry' | 'poll' | 'query',
  reason: string,
  spends: 'spends-turn' | 'keeps-turn',
): Step {
  if (pause.delayMs < moment.remainingMs)
    return { kind: 'wait', delayMs: pause.delayMs, before, spends, reason }
  const code = before === 'poll' ? 'still-processing' : 'unresolved'
  return pause.asked
    ? {
        kind: 'stop',
        code,
        reason: 'the server asks to wait past the deadline',
        retryAt: moment.nowAt + pause.delayMs,
        advice: 'after-retry-at',
      }
    : { kind: 'stop', code, reason: 'the next pause would pass the deadline' }
}
