import type { RetryHint } from './answer-marks.ts'
import type { Profile } from './profile.ts'

/**
 * What one attempt's evidence proves. Every verdict carries its reason.
 *
 * `conclusive`: it speaks for the key, so it settles the operation whatever went before.
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
       * `elsewhere`: the answer only names the resource; `unreadable`: cut, or not the data that was expected;
       * `too-long`, or no text: it would be the same when it is read again.
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
  /** A rule says that no delivery of the request executed. */
  readonly everyDelivery?: true
  /** The same once more under the key may show what this answer did not. */
  readonly asksAgain?: true
  readonly hint?: RetryHint
}

/** The names of the verdicts, which a definition's `verdict` hook gives back. */
export type VerdictName = Verdict['kind']

export type JudgeContext = {
  readonly profile: Profile
  /** The record sent its key before this attempt. */
  readonly sentBefore: boolean
  /** An attempt before this one may have executed. */
  readonly ambiguousBefore: boolean
  /** What was sent before were these very bytes. */
  readonly sameBytes: boolean
  /** The request carried a precondition, so that a 412 is its own. */
  readonly conditional: boolean
  /** The request asked again after a 412 to its precondition. */
  readonly askedAgain: boolean
  /** The way may have delivered the request more than once, unseen. See unseen-copies.ts. */
  readonly unseenCopies: boolean
  /** The definition reads data (a `response` schema), so that another body is not the result. */
  readonly wantsData: boolean
  /** `response` takes this very text, which is no JSON; without `response` the request asked for its type by name. */
  readonly wantsText: boolean
  /** Whoever called reads the answer itself, and this one is data of another kind than JSON (other-data.ts). */
  readonly takesOtherData?: boolean | undefined
  /** The definition has a `verdict` hook, which judges bodies. */
  readonly hasHook: boolean
  /** The request asked for HTML itself. */
  readonly acceptsHtml: boolean
  /** 409s without a sign that this run got before this answer. */
  readonly unsureBefore: number
  /** What the definition's own hook made of a whole answer; `failed` where it threw. */
  readonly hook?: VerdictName | 'failed' | undefined
}
