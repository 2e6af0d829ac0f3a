import type { BodyForm } from './body-form.ts'
import type { LedTo } from './redirected-ask.ts'

/**
 * Evidence is what the gate observed of one attempt: the gate refused to send, the transport failed without a response
 * head, or a head (and perhaps a body) came back. Evidence holds no judgement; see verdict.ts.
 */
export type Evidence = Refusal | Failure | Answer

/** The gate refused: no byte of this attempt left. */
export type Refusal = {
  readonly kind: 'refusal'
  readonly reason: RefusalReason
  /** The option of the http layer that failed, if that is known. */
  readonly option?: string | undefined
}

export type RefusalReason =
  | 'aborted'
  | 'answered-by-hook'
  | 'attempt-over'
  | 'claim-lost'
  | 'closed'
  | 'deadline'
  | 'hook-failed'
  | 'key-expired'
  | 'key-not-honoured'
  | 'offline'
  | 'other-target'
  | 'scope-changed'
  | 'settled'
  | 'signal-fired'
  | 'store-failed'
  | 'timeout'

/** The transport failed before a response head; `sent: 'no'` is proof that no byte of the request left. */
export type Failure = {
  readonly kind: 'failure'
  readonly sent: 'no' | 'maybe'
  readonly cause: FailureCause
}

/**
 * The parts of an error that may be passed on. Its text may not, because the text can repeat a header's value (Node's
 * does).
 */
export type FailureCause = {
  readonly name: string
  readonly code?: string | undefined
  readonly syscall?: string | undefined
}

/** A response head came back. */
export type Answer = {
  readonly kind: 'answer'
  /** 0 for an opaque response. */
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: AnswerBody
  /** The answer came from the operation's own URL and method, or from a same-origin 307 or 308 of it. */
  readonly ownTarget: boolean
  /** What the answer to a redirected ask is worth. */
  readonly ledTo?: LedTo
  /** The answer is one to a HEAD, so it has no body. */
  readonly bodiless?: boolean | undefined
}

export type AnswerBody =
  | {
      readonly kind: 'whole'
      readonly text: string
      readonly parsed: unknown
      /** `html`: a page, whatever its type says; `binary`: bytes that are not a text. */
      readonly form: BodyForm
    }
  /**
   * The connection ended first, the limit was reached, a body that is announced as JSON (or XML) does not parse, or
   * nothing distinguishes a whole body from a cut one.
   */
  | {
      readonly kind: 'cut'
      readonly text: string
      readonly why: 'connection' | 'limit' | 'unparsed' | 'doubtful'
    }
