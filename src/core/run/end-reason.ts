import { wantsSignIn } from '../answers/sign-in-status.ts'
import type { Outcome } from '../record/outcome.ts'
import type { ErrorCode } from './error-code.ts'

/** What an end is about, for the person in front of it; `describe` says what they can do. */
export type Reason =
  /** The server refused: the card, the stock, the input. Proven not executed. */
  | 'declined'
  /** The payload is another one than what was executed or begun. */
  | 'changed'
  /** Somebody changed meanwhile what was to be changed. */
  | 'conflict'
  /** Nobody is logged in, or somebody else is. */
  | 'sign-in'
  /** The device says that it has no network. */
  | 'offline'
  /** The storage is blocked, full or damaged: where the key could not be written, nothing was sent. */
  | 'no-storage'
  /** The server could not be reached, or nobody knows yet what it did. */
  | 'unreachable'
  /** The server is at work, or wants fewer requests. */
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

/** By the code, and by the status of a refusal. A refusal that proves nothing declines nothing. */
export function reasonOf(end: {
  readonly code: ErrorCode
  readonly outcome: Outcome
  /** Of the server's answer. */
  readonly status: number | undefined
}): Reason {
  const { code, outcome, status } = end
  // The server was reached, and has too much to do.
  if (code === 'unresolved' && outcome === 'not-executed' && status === 429) return 'busy'
  if (code !== 'rejected') return BY_CODE[code]
  if (status !== undefined && wantsSignIn(status)) return 'sign-in'
  if (status === 429) return 'busy'
  return outcome === 'not-executed' ? 'declined' : 'unreachable'
}

/**
 * What a run knows better than the code by which it ends: it waits for a network, or for somebody to sign in. The outcome
 * is none of its business: what was sent before the session ended may have executed.
 */
export function reasonByRun(
  code: ErrorCode,
  run: {
    readonly isOnline: boolean
    /** Answers in a row that wanted to know who it is. */
    readonly signInsInARow: number
  },
): Reason | undefined {
  if (code !== 'unresolved' && code !== 'still-processing') return undefined
  if (code === 'unresolved' && !run.isOnline) return 'offline'
  return run.signInsInARow > 0 ? 'sign-in' : undefined
}
