import type { KeyShape } from '../names/key-grammar.ts'

/**
 * A profile is the user's statement of how one server handles idempotency. It is data: the verdict reads it, and
 * nothing in it is executed. Only `honoursKeys: true` ever permits a re-send after an attempt that may have executed
 * (P8), so a wrong statement here is the one mistake that no client can correct.
 */
export type Profile = {
  readonly name: string
  /** The server executes at most once per key, for at least `retention` ms after the first request. */
  readonly honoursKeys: boolean
  /**
   * `once`: nothing on the way (proxies, gateways) delivers again what it was given once. `once` counts where no key is
   * honoured, and outside browsers, which re-send on their own. `again`: something on the way delivers any request
   * again.
   */
  readonly delivers?: 'once' | 'again' | undefined
  /** Name of the request header that carries the key; undefined: no header does. */
  readonly header: string | undefined
  /** `raw`: the bare key, which most servers expect. `quoted`: a structured-field String, as the draft specifies. */
  readonly format: 'raw' | 'quoted'
  /** Where the key goes, and which keys the server takes. */
  readonly key: KeyRules
  /**
   * How long the server remembers a key after its first request, ms. Sending stops before that time is over (P4).
   * `unknown`: nobody states a time, so sending stops with the deadline of the first run.
   */
  readonly retention: Retention
  /** The server compares the bytes of the body, not its meaning, so other bytes are never re-sent. */
  readonly comparesBytes: boolean
  /**
   * What the server does with another payload under a used key. `refused`, the default: the server refuses it.
   * `first-answer`: the server gives the answer to the first payload again. `new-resource`: the server executes it, so
   * other bytes are never sent again.
   */
  readonly otherPayload?: 'refused' | 'first-answer' | 'new-resource' | undefined
  /** The first rule that fits an answer decides, before the general table. */
  readonly rules: readonly Rule[]
  /** How the server marks an answer that it gives again instead of executing again. */
  readonly replayed?: ReplayMark | undefined
  /** Header in which the server receives the time of the first send, as an HTTP-date. */
  readonly firstSent?: { readonly header: string } | undefined
  /**
   * How to read this server's answers to status requests and polls; absent: `status.read` or `response` has to decide.
   */
  readonly status?: StatusWords | undefined
  /** How to read its answers to cancel requests; absent: `cancel.read` has to decide. */
  readonly cancel?: AnswerWords | undefined
  /**
   * The server's answers about a key name the key in a response header with the name of the request header that carries
   * it. An answer that names another key proves nothing, and one that names no key neither seals nor proves absence.
   */
  readonly namesKey: boolean
  /** Origins besides the operation's own to which a poll may go. They never get credentials. */
  readonly trustedOrigins: readonly string[]
}

export type Retention = number | 'forever' | 'unknown'

/** A header of the answer, or a value in its body at a path; with this value if one is given. */
export type ReplayMark =
  | { readonly header: string; readonly at?: undefined; readonly value?: string | undefined }
  | { readonly at: string; readonly header?: undefined; readonly value?: string | undefined }

export type KeyRules = KeyShape & {
  /**
   * `json`: in a field of the JSON body; `form`: in a field of the form; `query`: in a parameter of the URL; `request`:
   * wherever the `request` of each definition, which is given `key`, puts it. Default `header`: in the one that the
   * profile's `header` names.
   */
  readonly in?: KeyPlace | undefined
  /**
   * The name of the header, field or parameter. In JSON, a dotted path, whose numbers are indices of existing lists.
   */
  readonly field?: string | undefined
}

export type KeyPlace = 'header' | 'json' | 'form' | 'query' | 'request'

/** The words in which a server answers. Case, spaces, hyphens and underscores do not count when words are compared. */
export type AnswerWords = {
  /** The place of the word, a dotted path. Default: the top-level `status`, else `state`. */
  readonly field?: string | undefined
  /** Default for a status: succeeded, completed, done, executed; for a cancel: none. */
  readonly executed?: readonly string[] | undefined
  /** Default for a status: failed, canceled, cancelled, rejected; for a cancel: none. */
  readonly notExecuted?: readonly string[] | undefined
  /**
   * Default: accepted, in progress, not started, pending, processing, queued, running, waiting. `others`: every word
   * not in the other lists.
   */
  readonly processing?: readonly string[] | 'others' | undefined
  /** The key is refused from now on. Default for a status: none; for a cancel: canceled, cancelled, sealed. */
  readonly sealed?: readonly string[] | undefined
}

export type StatusWords = AnswerWords & {
  /**
   * After a status of success the result is read where Azure's long-running operations have it: in `result`, at
   * `resourceLocation`, at the `Location` of the first answer, or at the URL that was PUT or PATCHed. Default false.
   */
  readonly fetchesResult?: boolean | undefined
}

/**
 * What a rule may conclude from an answer. `exists`: the answer names the resource that an earlier request with this
 * key made.
 */
export type Meaning =
  | 'processing'
  | 'rejected'
  | 'conflict'
  | 'mismatch'
  | 'exists'
  | 'succeeded'
  | 'try-again'
  | 'unknown'

export type Rule = {
  readonly status: number
  /** One of the answer's error codes, wherever servers put them (`code`, `error.code`, `errors[].reason`, …). */
  readonly code?: string | undefined
  /**
   * The place of the code, if it is elsewhere: a dotted path, with `[]` behind the name of a list (`details[].issue`),
   * or an element of XML (`<Code>`). Without a code, the rule fits if anything stands there.
   */
  readonly at?: string | undefined
  /** The answer's error type: RFC 9457 `type`, or `error.type`. */
  readonly type?: string | undefined
  /** A header that the answer has, with this value if one is given. */
  readonly header?: { readonly name: string; readonly value?: string | undefined } | undefined
  readonly means: Meaning
  /** The answer settles the key (the server stores and replays it), not only this attempt. */
  readonly conclusive?: boolean | undefined
  /**
   * The server answers this only if no delivery of the request executed, so the rule also holds if the request may have
   * been delivered more than once on the way.
   */
  readonly everyDelivery?: boolean | undefined
  /** Where the server's owner documents this. */
  readonly source: string
}

/**
 * Answers with these statuses come before the idempotency layer, or are about the attempt alone. Nothing, not even a
 * rule, lets them settle the key.
 */
export const NEVER_CONCLUSIVE: ReadonlySet<number> = new Set([401, 403, 407, 408, 421, 425, 429])
