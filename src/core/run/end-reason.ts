import { wantsSignIn } from '../answers/sign-in-status.ts'
import type { Outcome } from '../record/outcome.ts'
import type { ErrorCode } from './error-code.ts'

/** What an end is about, for the person who sees it. `describe` adds what that person can do. */
export type Reason =
  /** The server refused the card, the stock or the input. Proven not executed. */
  | 'declined'
  /** The payload differs from what was executed or begun. */
  | 'changed'
  /** Somebody else changed first what this operation was to change. */
  | 'conflict'
  /** Nobody is logged in, or somebody else is. */
  | 'sign-in'
  /** The device reports that it has no network. */
  | 'offline'
  /** The storage is blocked, full or damaged. If the key could not be written, nothing was sent. */
  | 'no-storage'
  /** The server could not be reached, or nobody knows yet what it did. */
  | 'unreachable'
  /** The server is at work, or asks for fewer requests. */
  | 'busy'
  /** The server may have forgotten the key. */
  | 'too-late'
  /** Executed, and its result cannot be shown. */
  | 'unreadable'
  /** Cancelled or given up by somebody. */
  | 'cancelled'
  /** The page or the caller stopped waiting. */
  | 'aborted'
  /** A mistake of the developers. */
  | 'mistake'

const BY_CODE: Readonly<Record<ErrorCode, Reason>> = {
  rejected: 'declined',
  conflict: 'conflict',
  'payload-mismatch': 'changed',
  unresolved: 'unreachable',
  'still-processing': 'busy',
  'key-expired': 'too-late',
  'already-executed': 'unreadable',
  'response-invalid': 'unreadable',
  'store-failed': 'no-storage',
  'store-corrupt': 'no-storage',
  'scope-changed': 'sign-in',
  sealed: 'cancelled',
  forgotten: 'cancelled',
  aborted: 'aborted',
  configuration: 'mistake',
}

/** The reason by the code, and by the status of a refusal. A refusal that proves nothing does not count as declined. */
export function reasonOf(end: {
  readonly code: ErrorCode
  readonly outcome: Outcome
  /** The status of the server's answer. */
  readonly status: number | undefined
}): Reason {
  const { code, outcome, status } = end
  // The server was reached, but has too much to do.
  if (code === 'unresolved' && outcome === 'not-executed' && status === 429) return 'busy'
  if (code !== 'rejected') return BY_CODE[code]
  if (status !== undefined && wantsSignIn(status)) return 'sign-in'
  if (status === 429) return 'busy'
  return outcome === 'not-executed' ? 'declined' : 'unreachable'
}

/**
 * The reason that a run knows better than its error code: it waits for a network, or for somebody to sign in. The
 * outcome plays no part, because what was sent before the session ended may have executed.
 */
export function reasonByRun(
  code: ErrorCode,
  run: {
    readonly isOnline: boolean
    /** Answers in a row that required a login. */
    readonly signInsInARow: number
  },
): Reason | undefined {
  if (code !== 'unresolved' && code !== 'still-processing') return undefined
  if (code === 'unresolved' && !run.isOnline) return 'offline'
  return run.signInsInARow > 0 ? 'sign-in' : undefined
}
