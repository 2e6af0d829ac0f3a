import type { Progress } from './run-progress.ts'
import type { Backoff, CountedAs, Moment, Step, StepPolicy } from './step.ts'

/* How long a run waits between its steps: backoff, the server's Retry-After, and retries that the budget denied. */

type Pause = {
  readonly delayMs: number
  readonly asked: boolean
  readonly before: 'retry' | 'poll' | 'query'
}

/**
 * The most attempts that may follow each other without a pause, by chance or by `backoff`. A run that goes on after
 * that leaves others their turn.
 */
const AT_ONCE = 4
const LEAST_MS = 1
/** The shortest pause after a denied retry, ms: time gives one retry back in ten seconds. */
const DENIED_MS = 1_000

export function retryPause(progress: Progress, policy: StepPolicy, moment: Moment): Pause {
  const delayMs = retryDelayMs(
    policy.backoff,
    Math.max(0, progress.turns - 1) + progress.denials,
    moment.random,
  )
  const leastMs = progress.turns < AT_ONCE ? 0 : LEAST_MS
  return { ...longer(Math.max(leastMs, delayMs), progress.retryAfterMs), before: 'retry' }
}

export function deniedPause(progress: Progress, policy: StepPolicy, moment: Moment): Pause {
  const pause = retryPause(progress, policy, moment)
  return pause.delayMs < DENIED_MS ? { ...pause, delayMs: DENIED_MS, asked: false } : pause
}

export function askPause(progress: Progress, policy: StepPolicy, moment: Moment): Pause {
  const delayMs = pollDelayMs(policy.pollInterval, progress.asks, moment.random)
  const before =
    progress.last?.kind === 'processing' || progress.lastAsk?.kind === 'processing' ? 'poll' : 'query'
  return { ...longer(delayMs, progress.retryAfterMs), before }
}

/** Waits at least as long as the server asked. */
function longer(
  delayMs: number,
  retryAfterMs: number | undefined,
): { readonly delayMs: number; readonly asked: boolean } {
  return retryAfterMs !== undefined && retryAfterMs >= delayMs
    ? { delayMs: retryAfterMs, asked: true }
    : { delayMs, asked: false }
}

export function afterRest(progress: Progress, pause: Pause, moment: Moment, step: Step): Step {
  return progress.rested ? step : pauseFor(pause, moment, pause.before, step.reason, 'pause')
}

/**
 * Ends the run at once if the pause would only lead past the deadline. For a Retry-After, the end says until when to
 * wait.
 */
export function pauseFor(
  pause: Pause,
  moment: Moment,
  before: 'retry' | 'poll' | 'query',
  reason: string,
  counts: CountedAs,
): Step {
  if (pause.delayMs < moment.remainingMs)
    return { kind: 'wait', delayMs: pause.delayMs, before, counts, reason }
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

/**
 * Full jitter: uniform between 0 and min(cap, base * 2^n), where n counts the retries before this one. Source: AWS
 * Architecture Blog, "Exponential Backoff And Jitter" (2015): full jitter spreads a crowd best.
 */
export function retryDelayMs(backoff: Backoff, retriesBefore: number, random: number): number {
  return Math.floor(random * ceilingMs(backoff.base, backoff.cap, retriesBefore))
}

/** Between `min` and min(max, min * 2^n): a poll never comes sooner than `min`, and the polls of a crowd spread. */
export function pollDelayMs(
  interval: { readonly min: number; readonly max: number },
  pollsBefore: number,
  random: number,
): number {
  const ceiling = ceilingMs(interval.min, interval.max, pollsBefore)
  return Math.floor(interval.min + random * (ceiling - interval.min))
}

/** The smaller of cap and base * 2^n, which is finite even where 2^n is not. */
function ceilingMs(base: number, cap: number, doublings: number): number {
  return Math.min(cap, base * 2 ** Math.min(doublings, 52))
}
