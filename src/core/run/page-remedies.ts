import type { Outcome } from '../record/outcome.ts'
import type { Reason } from './end-reason.ts'
import type { ErrorCode } from './error-code.ts'

/**
 * What a person can do about an end: press again (`retry`), log in, have the outcome looked up without sending
 * (`check`), enter something else (`change`), or nothing.
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

/** The reasons of an unknown end after which a call sends again, if the server honours keys. */
const SENDS_ON: ReadonlySet<Reason> = new Set(['offline', 'unreachable', 'busy', 'aborted', 'no-storage'])

/**
 * The remedies, never empty; `nothing` stands alone. An operation that may have been executed is sent again only under
 * a key that the server honours.
 */
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
      // If a record cannot be read, nothing is sent or written: pressing again would end the same way.
      if (code === 'store-corrupt') return ['check']
      return honoursKeys && SENDS_ON.has(reason ?? 'unreachable') ? ['check', 'retry'] : ['check']
    default:
      return outcome satisfies never
  }
}
