import type { RetryHint } from './answer-marks.ts'
import type { Profile } from './profile.ts'

/**
 * What one attempt's evidence proves. Every verdict has its reason.
 *
 * `conclusive`: the verdict is about the key, so it settles the operation whatever went before.
 * `doubtful`: the refusal came in a form that does not exclude that this attempt executed.
 */
export type Verdict =
  | { readonly kind: 'not-sent'; readonly reason: string }
  | {
      readonly kind: 'unknown'
      readonly reason: string
      readonly terminal: boolean
      readonly hint?: RetryHint
    }
  | {
      readonly kind: 'succeeded'
      readonly reason: string
      readonly replayed: boolean
      /**
       * `elsewhere`: the answer only names the resource. `unreadable`: cut, or not the data that was expected.
       * `too-long`: too long or no text, so reading it again would bring the same.
       */
      readonly result: 'readable' | 'unreadable' | 'too-long' | 'elsewhere'
    }
  | { readonly kind: 'processing'; readonly reason: string; readonly sure: boolean }
  | ({ readonly kind: 'rejected' } & Refused)
  | ({ readonly kind: 'conflict' } & Refused)
  | ({ readonly kind: 'mismatch' } & Refused)
  | ({ readonly kind: 'try-again' } & Refused)

type Refused = {
  readonly reason: string
  readonly conclusive: boolean
  readonly doubtful: boolean
  /** A rule states that no delivery of the request executed. */
  readonly everyDelivery?: true
  /** The same request, sent once more under the key, may show what this answer did not. */
  readonly asksAgain?: true
  readonly hint?: RetryHint
}

/** The names of the verdicts, which a definition's `verdict` hook returns. */
export type VerdictName = Verdict['kind']

export type JudgeContext = {
  readonly profile: Profile
  /** The record's key was sent before this attempt. */
  readonly sentBefore: boolean
  /** An attempt before this one may have executed. */
  readonly ambiguousBefore: boolean
  /** What was sent before had these very bytes. */
  readonly sameBytes: boolean
  /** The request carried a precondition, so a 412 is about that precondition. */
  readonly conditional: boolean
  /** The request was already sent once more after a 412 to its precondition. */
  readonly askedAgain: boolean
  /** The request may have been delivered more than once on the way, unseen. See unseen-copies.ts. */
  readonly unseenCopies: boolean
  /** The definition reads data (a `response` schema), so another body is not the result. */
  readonly wantsData: boolean
  /**
   * `response` accepts this very text, which is not JSON. Without `response`: the request asked for the text's type by
   * name.
   */
  readonly wantsText: boolean
  /** The caller reads the answer itself, and this answer is data of another kind than JSON (other-data.ts). */
  readonly takesOtherData?: boolean | undefined
  /** The definition has a `verdict` hook, which judges bodies. */
  readonly hasHook: boolean
  /** The request asked for HTML itself. */
  readonly acceptsHtml: boolean
  /** How many 409s without a sign this run got before this answer. */
  readonly unsureBefore: number
  /** What the definition's own hook returned for a whole answer; `failed` if the hook threw. */
  readonly hook?: VerdictName | 'failed' | undefined
}
