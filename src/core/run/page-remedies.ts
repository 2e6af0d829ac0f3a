import type { Outcome } from '../record/outcome.ts'
import type { Reason } from './end-reason.ts'
import type { ErrorCode } from './error-code.ts'

/**
 * What a person can do about an end: press again (`retry`), log in, have it looked up without sending (`check`), give
 * another input (`change`), or nothing.
 */
export type Remedy = 'retry' | 'sign-in' | 'check' | 'change' | 'nothing'

const NOT_EXECUTED: Readonly<Record<Reason, readonly Remedy[]>> = {
  declined: ['change', 'retry'],
  changed: ['change'],
  conflict: ['change'],
  'sign-in': ['sign-in'],
  offline: ['retry'],
  'no-storage': ['retry'],
  unreachable: ['retry'],
  busy: ['retry'],
  'too-late': ['nothing'],
  unreadable: ['retry'],
  cancelled: ['retry'],
  aborted: ['retry'],
  mistake: ['nothing'],
}

/** The reasons of an unknown end after which a call sends again, where the server honours keys. */
const SENDS_ON: ReadonlySet<Reason> = new Set(['offline', 'unreachable', 'busy', 'aborted', 'no-storage'])

/** Never empty; `nothing` stands alone. What may have happened is sent again only under a key that the server honours. */
export function remediesFor(end: {
  readonly outcome: Outcome
  readonly reason: Reason | undefined
  readonly honoursKeys: boolean
  readonly code?: ErrorCode | undefined
}): readonly Remedy[] {
  const { outcome, reason, honoursKeys, code } = end
  switch (outcome) {
    case 'executed':
      return [reason === 'changed' ? 'change' : 'nothing']
    case 'not-executed':
      return NOT_EXECUTED[reason ?? 'unreachable']
    case 'unknown':
      if (reason === 'sign-in') return ['sign-in', 'check']
      // Nothing is sent, nor written, where a record cannot be read: pressing again would end the same way.
      if (code === 'store-corrupt') return ['check']
      return honoursKeys && SENDS_ON.has(reason ?? 'unreachable') ? ['check', 'retry'] : ['check']
    default:
      return outcome satisfies never
  }
}
