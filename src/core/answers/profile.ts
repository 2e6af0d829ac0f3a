import type { KeyShape } from '../names/key-grammar.ts'

/**
 * A profile is the user's statement of how one server speaks idempotency. It is data: the verdict
 * reads it, nobody executes it. Only `honoursKeys: true` ever permits a re-send after an attempt that
 * may have executed (P8), so a wrong statement here is the one mistake that no client can make good.
 */
export type Profile = {
  readonly name: string
  /** The server executes at most once per key, for at least `retention` ms after the first request. */
  readonly honoursKeys: boolean
  /**
   * `once`: nothing on the way (proxies, gateways) delivers again what it was given once. It counts where no key is
   * honoured, and outside browsers, which re-send by themselves. `again`: something there delivers any request again.
   */
  readonly delivers?: 'once' | 'again' | undefined
  /** Name of the request header that carries the key; undefined: no header does. */
  readonly header: string | undefined
  /** `raw`: the bare key, what most servers expect. `quoted`: a structured-field String, as the draft says. */
  readonly format: 'raw' | 'quoted'
  /** Where the key goes, and which keys the server takes. */
  readonly key: KeyRules
  /**
   * How long the server remembers a key after its first request, ms. Sending stops before it ends (P4). `unknown`: nobody
   * says, so sending stops with the deadline of the first run.
   */
  readonly retention: Retention
  /** The server compares the bytes of the body, not its meaning: other bytes are never re-sent. */
  readonly comparesBytes: boolean
  /**
   * What becomes of another payload under a key that was used. `refused`: the default. `first-answer`: it gets the answer of
   * the first one. `new-resource`: it is executed, so that other bytes are never sent again.
   */
  readonly otherPayload?: 'refused' | 'first-answer' | 'new-resource' | undefined
  /** The first rule that fits an answer decides, before the general table. */
  readonly rules: readonly Rule[]
  /** How the server marks an answer that it gives again instead of executing again. */
  readonly replayed?: ReplayMark | undefined
  /** Header in which the server gets the time of the first send, as an HTTP-date. */
  readonly firstSent?: { readonly header: string } | undefined
  /** How this server's answers to status requests and polls read; absent: `status.read` or `response` has to say. */
  readonly status?: StatusWords | undefined
  /** How its answers to cancel requests read; absent: `cancel.read` has to say. */
  readonly cancel?: AnswerWords | undefined
  /**
   * The server's answers about a key name the key in a response header, called as the one that carries it: one that names another
   * key says nothing, and one that names none neither seals nor proves absence.
   */
  readonly namesKey: boolean
  /** Origins besides the operation's own to which a poll may go; they never get credentials. */
  readonly trustedOrigins: readonly string[]
}

export type Retention = number | 'forever' | 'unknown'

/** A header of the answer, or what stands in its body at a path; with this value if one is given. */
export type ReplayMark =
  | { readonly header: string; readonly at?: undefined; readonly value?: string }
  | { readonly at: string; readonly header?: undefined; readonly value?: string }

export type KeyRules = KeyShape & {
  /**
   * `json`: into a field of the JSON body; `form`: into a field of the form; `query`: into a parameter of the URL;
   * `request`: where the `request` of each definition puts it, which takes `key`.
   * Default `header`, the one that the profile's `header` names.
   */
  readonly in?: KeyPlace | undefined
  /** The name of header, field or parameter; in JSON a dotted path, whose numbers are indices of lists that are there. */
  readonly field?: string | undefined
}

export type KeyPlace = 'header' | 'json' | 'form' | 'query' | 'request'

/** The words in which a server answers. They are compared without case, spaces, hyphens and underscores. */
export type AnswerWords = {
  /** Where the word stands, a dotted path. Default: the top-level `status`, else `state`. */
  readonly field?: string | undefined
  /** Default for a status: succeeded, completed, done, executed; for a cancel: none. */
  readonly executed?: readonly string[] | undefined
  /** Default for a status: failed, canceled, cancelled, rejected; for a cancel: none. */
  readonly notExecuted?: readonly string[] | undefined
  /** Default: accepted, in progress, not started, pending, processing, queued, running, waiting. `others`: every other word. */
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

/** What a rule may say of an answer; `exists` names the resource that an earlier request with this key made. */
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
   * Where the code stands, if elsewhere: a dotted path, with `[]` behind the name of a list (`details[].issue`), or an element
   * of XML (`<Code>`). Without a code: that something stands there.
   */
  readonly at?: string | undefined
  /** The answer's error type: RFC 9457 `type`, or `error.type`. */
  readonly type?: string | undefined
  /** A header that the answer has, with this value if one is given. */
  readonly header?: { readonly name: string; readonly value?: string } | undefined
  readonly means: Meaning
  /** The answer speaks for the key (it is stored and replayed), not only for this attempt. */
  readonly conclusive?: boolean | undefined
  /**
   * The server says this only if no delivery of the request executed: so it holds also where the way may have
   * delivered the request more than once.
   */
  readonly everyDelivery?: boolean | undefined
  /** Where the server's owner says so. */
  readonly source: string
}

/** Said before the idempotency layer, or of the attempt alone: nothing, no rule either, makes them speak for the key. */
export const NEVER_CONCLUSIVE: ReadonlySet<number> = new Set([401, 403, 407, 408, 421, 425, 429])
