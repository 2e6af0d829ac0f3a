import type { OpenRecord } from '../record/operation-record.ts'
import type { OneLook } from './run-mode.ts'
import type { Progress } from './run-progress.ts'
import type { Moment, Step } from './step.ts'

export function hasLooked({ turns, asks }: Progress): boolean {
  return turns + asks > 0
}

/** A look tries another way to ask where those before came to nothing, as a run that asks again and again. */
export function withLooksBefore(progress: Progress, { failedBefore }: OneLook): Progress {
  return { ...progress, failedAsksInARow: progress.failedAsksInARow + failedBefore }
}

/** The look has been taken: the run ends, and says when the server wants to be asked again. */
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
