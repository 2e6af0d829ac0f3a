import type { ErrorCode } from './error-code.ts'
import type { Outcome } from '../record/outcome.ts'

/*
 * What a person can do about an end. Advice belongs to the reason for which a run ended: the code that gives the reason
 * also gives the advice, if the usual one for error code and outcome could not help. The texts: public/advice-texts.ts.
 */

export type Advice =
  | 'none'
  | 'look-at-response'
  | 'look-and-settle'
  | 'look-and-run'
  | 'look-and-conclude'
  | 'decide-again'
  | 'other-id'
  | 'settle-or-other-id'
  | 'name-the-key'
  | 'run'
  | 'run-with-input'
  | 'run-or-settle'
  | 'after-retry-at'
  | 'later'
  | 'later-or-conclude'
  | 'settle'
  | 'settle-or-run'
  | 'settle-then-cancel'
  | 'cancel-again'
  | 'conclude'
  | 'conclude-then-run'
  | 'get-result'
  | 'read-result'
  | 'never-again'
  | 'open-or-force'
  | 'store'
  | 'inspect-store'
  | 'whole-store'
  | 'update'
  | 'load-again'
  | 'report'
  | 'account-throws'
  | 'same-account'
  | 'same-profile'
  | 'same-origin'
  | 'same-user'
  | 'sign-in'
  | 'find-out-before-run'

/** What helps by error code and outcome, if the reason has no advice of its own. */
const USUAL: Readonly<Record<ErrorCode, Readonly<Record<Outcome, Advice>>>> = {
  rejected: { executed: 'read-result', 'not-executed': 'look-at-response', unknown: 'look-and-settle' },
  conflict: { executed: 'get-result', 'not-executed': 'decide-again', unknown: 'look-and-settle' },
  'payload-mismatch': { executed: 'other-id', 'not-executed': 'other-id', unknown: 'other-id' },
  unresolved: { executed: 'get-result', 'not-executed': 'run', unknown: 'run-or-settle' },
  'still-processing': { executed: 'get-result', 'not-executed': 'later', unknown: 'later' },
  'key-expired': { executed: 'read-result', 'not-executed': 'conclude-then-run', unknown: 'conclude' },
  'already-executed': { executed: 'read-result', 'not-executed': 'run', unknown: 'settle' },
  'response-invalid': { executed: 'never-again', 'not-executed': 'run', unknown: 'settle' },
  'store-failed': { executed: 'store', 'not-executed': 'store', unknown: 'store' },
  'store-corrupt': { executed: 'inspect-store', 'not-executed': 'inspect-store', unknown: 'inspect-store' },
  'scope-changed': { executed: 'same-user', 'not-executed': 'same-user', unknown: 'same-user' },
  sealed: { executed: 'get-result', 'not-executed': 'run', unknown: 'settle' },
  forgotten: { executed: 'read-result', 'not-executed': 'run', unknown: 'find-out-before-run' },
  aborted: { executed: 'get-result', 'not-executed': 'none', unknown: 'settle-or-run' },
  configuration: { executed: 'none', 'not-executed': 'none', unknown: 'none' },
}

/** What helps: the reason's own advice, else the usual one for error code and outcome. */
export function adviceFor(end: {
  readonly code: ErrorCode
  readonly outcome: Outcome
  readonly advice?: Advice | undefined
}): Advice {
  return end.advice ?? USUAL[end.code][end.outcome]
}
