import type { ProblemCode } from './core/problem.ts'

/** Why `run` returned no value: the code of the problem that a request would get, or what happened to the value. */
export type IdempotencyErrorCode =
  | ProblemCode
  /** The work was done, but its value is not stored: the value was too large, or the key was concluded without one. */
  | 'already-executed'
  /**
   * Another process holds the key by now. Only `completeWithin` of a handler rejects with this code, never `run`
   * itself.
   */
  | 'claim-lost'
  /** The work was done just now, and JSON cannot represent its result. */
  | 'value-invalid'

export type IdempotencyErrorInit = {
  readonly code: IdempotencyErrorCode
  readonly key: string
  readonly scope: string | undefined
  /** What is wrong, in one sentence, if the code alone is not enough. */
  readonly fault?: string | undefined
  readonly retryAfter?: number | undefined
  readonly cause?: unknown
}

const BRAND = Symbol.for('stillonce.idempotency-error')

/**
 * The error that `run` and `completeWithin` reject with. `code` is what happened to the key; `cause` is the error
 * that the work threw. Only `sealed`, `not-executed` and `nothing-happened` mean that nothing was done under this
 * key.
 */
export class IdempotencyError extends Error {
  override readonly name = 'IdempotencyError'
  readonly code: IdempotencyErrorCode
  readonly key: string
  readonly scope: string | undefined
  /** After how many ms another try is worthwhile; undefined if no further try can help. */
  readonly retryAfter: number | undefined

  constructor({ code, key, scope, fault, retryAfter, cause }: IdempotencyErrorInit) {
    const [happened, advice] = WORDS[code] ?? ['Nothing was done now.', '']
    super([fault ?? happened, advice].join(' ').trim(), cause === undefined ? undefined : { cause })
    this.code = code
    this.key = key
    this.scope = scope
    this.retryAfter = retryAfter
    Object.defineProperty(this, BRAND, { value: true })
  }
}

/** Also recognizes an error from another copy of this package. */
export function isIdempotencyError(value: unknown): value is IdempotencyError {
  return typeof value === 'object' && value !== null && (value as Record<symbol, unknown>)[BRAND] === true
}

/** For each code: what happened, and what to do. */
const WORDS: Partial<Record<IdempotencyErrorCode, readonly [happened: string, advice: string]>> = {
  'key-invalid': ['The key is not well-formed.', 'Nothing was done: give another key.'],
  'scope-invalid': ['The owner of the key is not known.', 'Nothing was done: give the id of a user.'],
  'first-sent-invalid': ['The first-send time is in the future.', 'Nothing was done: look at the clocks.'],
  'in-progress': ['Another process is doing the work.', 'Run it again later, with the same key.'],
  'payload-mismatch': ['The key was used for another payload.', 'Nothing was done now: use another key.'],
  sealed: ['The key was cancelled before it was used.', 'The work never will be done under this key.'],
  'not-executed': [
    'The work was not done, as was found out later.',
    'The work never will be done under this key.',
  ],
  'key-expired': [
    'The key was first used before the memory begins: whether the work was done may have been forgotten.',
    'Nothing was done now: find out, then use another key.',
  ],
  'too-many-open': [
    'Too many keys of this scope wait to be concluded.',
    'Nothing was done: conclude them, or run it again later.',
  ],
  'outcome-unknown': [
    'Whether the work was done is not known: it may have half happened.',
    'The work is not done again. Have it looked into, then call `conclude`.',
  ],
  'nothing-happened': ['The work said that nothing happened.', 'Run it again with the same key.'],
  'store-unavailable': ['Keys cannot be stored.', 'Nothing was done now: run it again later.'],
  'already-executed': [
    'The work was done earlier, and its value is not kept.',
    'The work is not done again.',
  ],
  'claim-lost': [
    'Another process holds the key by now, or it is settled: this transaction cannot commit.',
    'Let it fail, and let the error be thrown.',
  ],
  'value-invalid': ['The work was done, and JSON cannot hold what it gave.', 'The work is not done again.'],
}
