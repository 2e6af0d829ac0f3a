import type {
  AnswerWords,
  KeyRules,
  Profile,
  ReplayMark,
  Retention,
  Rule,
  StatusWords,
} from '../core/answers/profile.ts'

/** The part of a profile that concerns the key, before defaults. */
export type KeyInput = {
  /** The server executes at most once per key, for at least `retention` ms. */
  readonly honoursKeys: boolean
  /**
   * The header that carries the key. Default `Idempotency-Key`; none if keys are not honoured, or if `key.in` puts the
   * key elsewhere.
   */
  readonly header?: string | undefined
  /** How the key is written in the header. Default `raw`. */
  readonly format?: 'raw' | 'quoted' | undefined
  /** The server's responses about a key name that key, in a response header of the same name. Default false. */
  readonly namesKey?: boolean | undefined
  /**
   * Where the key goes: `in` the header (the default), a `field` of the JSON body (a dotted path), a field of the form,
   * or a parameter of the query. Also which keys the server accepts: at most 255 characters unless `maxLength` is set.
   */
  readonly key?: (Omit<KeyRules, 'maxLength'> & { readonly maxLength?: number | undefined }) | undefined
}

/** A profile before defaults. Durations in ms. */
export type ProfileInput = KeyInput & {
  readonly name: string
  /**
   * `once`: nothing on the way to the server delivers a request again. `again`: something delivers any request again.
   * Default: proxies may.
   */
  readonly delivers?: 'once' | 'again' | undefined
  /**
   * How long the server remembers a key. Default a day. With `unknown`, a key is used until the deadline of the first
   * run.
   */
  readonly retention?: Retention | undefined
  /** The server compares the bytes of the body. Default false, but true if another payload creates a new resource. */
  readonly comparesBytes?: boolean | undefined
  /** What happens to another payload under a used key. Default `refused`. */
  readonly otherPayload?: Profile['otherPayload']
  readonly rules?: readonly Rule[] | undefined
  readonly replayed?: ReplayMark | undefined
  /** The header that gives the server the time of the key's first send, as an HTTP-date. Default none. */
  readonly firstSent?: { readonly header: string } | undefined
  /** The words in responses to status requests and polls. Default: only `status.read` and `response` decide. */
  readonly status?: StatusWords | undefined
  /** The words in responses to cancel requests. Default: only `cancel.read` decides. */
  readonly cancel?: AnswerWords | undefined
  readonly trustedOrigins?: readonly string[] | undefined
}

/**
 * The property that holds the fields of a made profile. A spread of the profile has it too: `{ ...paypal, retention }`.
 */
const MADE = /* #__PURE__ */ Symbol.for('stillonce.profile')

/**
 * Fills in the defaults of a profile and freezes it, because verdicts must not depend on later changes to the given
 * object. The profile is not checked here: `defineProfile` checks profiles of users, and a test checks those of this
 * package, so that a page which uses one of ours does not load the checks.
 */
export function madeProfile(input: ProfileInput): Profile {
  const { otherPayload, replayed, firstSent, status, cancel } = input
  const { comparesBytes = otherPayload === 'new-resource' } = input
  const fields: Profile = Object.freeze({
    name: input.name,
    honoursKeys: input.honoursKeys,
    delivers: input.delivers,
    ...carriageOf(input),
    retention: input.retention ?? 86_400_000,
    comparesBytes,
    otherPayload,
    rules: Object.freeze((input.rules ?? []).map(frozenRule)),
    replayed: replayed && Object.freeze({ ...replayed }),
    firstSent: firstSent && Object.freeze({ ...firstSent }),
    status: status && frozenWords(status),
    cancel: cancel && frozenWords(cancel),
    namesKey: input.namesKey ?? false,
    trustedOrigins: Object.freeze([...(input.trustedOrigins ?? [])]),
  })
  return Object.freeze({ ...fields, [MADE]: fields })
}

/**
 * The fields of this profile, or of the one it was spread from, as they were made. Undefined for a profile written by
 * hand.
 */
export function fieldsAsMade(profile: object): object | undefined {
  const fields: unknown = Reflect.get(profile, MADE)
  return typeof fields === 'object' && fields !== null ? fields : undefined
}

function carriageOf({
  honoursKeys,
  header,
  format = 'raw',
  key = {},
}: KeyInput): Pick<Profile, 'header' | 'format' | 'key'> {
  const { in: place = 'header', field, maxLength = 255 } = key
  if (place !== 'header') return { header: undefined, format, key: Object.freeze({ ...key, maxLength }) }
  const usual = honoursKeys ? 'Idempotency-Key' : undefined
  const shape = { ...key, maxLength, in: undefined, field: undefined }
  return { header: header ?? field ?? usual, format, key: Object.freeze(shape) }
}

function frozenRule(rule: Rule): Rule {
  return Object.freeze({ ...rule, ...(rule.header && { header: Object.freeze({ ...rule.header }) }) })
}

function frozenWords(words: StatusWords): StatusWords {
  const { executed, notExecuted, processing, sealed } = words
  return Object.freeze({
    ...words,
    executed: frozenList(executed),
    notExecuted: frozenList(notExecuted),
    processing: processing === 'others' ? processing : frozenList(processing),
    sealed: frozenList(sealed),
  })
}

function frozenList(list: readonly string[] | undefined): readonly string[] | undefined {
  return list && Object.freeze([...list])
}
