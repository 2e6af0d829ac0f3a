import type { OpenRecord } from '../record/operation-record.ts'
import type { OneLook } from './run-mode.ts'
import type { Progress } from './run-progress.ts'
import type { Moment, Step } from './step.ts'

export function hasLooked({ turns, asks }: Progress): boolean {
  return turns + asks > 0
}

/**
 * Counts the failed looks before this one as failed asks, so that a watch moves on to another way to ask, as one long
 * run does.
 */
export function withLooksBefore(progress: Progress, { failedBefore }: OneLook): Progress {
  return { ...progress, failedAsksInARow: progress.failedAsksInARow + failedBefore }
}

/** Ends the run after its one look, with the time at which the server wants to be asked again. */
export function afterLook(record: OpenRecord, progress: Progress, moment: Moment): Step {
  const { retryAfterMs } = progress
  return {
    kind: 'stop',
    code: record.state === 'processing' ? 'still-processing' : 'unresolved',
    reason: saidAtLook(progress),
    ...(retryAfterMs !== undefined && {
      retryAt: moment.nowAt + retryAfterMs,
      advice: 'after-retry-at' as const,
    }),
  }
}

function saidAtLook({ last, lastAsk }: Progress): string {
  switch (lastAsk?.kind) {
    case 'absent':
      return 'the server does not know the operation (any more, or yet): that proves nothing'
    case 'processing':
      return 'the server is at work'
    case 'inconclusive':
      return lastAsk.reason
    default:
      return last?.reason ?? 'nobody could be asked'
  }
}
