import type {
  AnswerWords,
  KeyRules,
  Profile,
  ReplayMark,
  Retention,
  Rule,
  StatusWords,
} from '../core/answers/profile.ts'

/** What a profile says of its key, before defaults. */
export type KeyInput = {
  /** The server executes at most once per key, for at least `retention` ms. */
  readonly honoursKeys: boolean
  /** Default `Idempotency-Key`; none where keys are not honoured, or `key.in` puts the key elsewhere. */
  readonly header?: string | undefined
  /** Default `raw`. */
  readonly format?: 'raw' | 'quoted' | undefined
  /** The server's answers about a key name the key, in a response header of the same name. Default false. */
  readonly namesKey?: boolean | undefined
  /**
   * Where the key goes, `in` the header (the default), a `field` of the JSON body (a dotted path), a field of the form or a
   * parameter of the query; and which keys the server takes: at most 255 characters unless `maxLength` says otherwise.
   */
  readonly key?: Partial<KeyRules> | undefined
}

/** A profile before defaults. Durations in ms. */
export type ProfileInput = KeyInput & {
  readonly name: string
  /** `once`: nothing on the way delivers again what it was given once. `again`: it does so with any. Default: proxies may. */
  readonly delivers?: 'once' | 'again' | undefined
  /** How long the server remembers a key. Default a day. `unknown`: it is used until the deadline of the first run. */
  readonly retention?: Retention | undefined
  /** Default false, but true where another payload makes a new resource. */
  readonly comparesBytes?: boolean | undefined
  /** What becomes of another payload under a key that was used. Default `refused`. */
  readonly otherPayload?: Profile['otherPayload']
  readonly rules?: readonly Rule[] | undefined
  readonly replayed?: ReplayMark | undefined
  /** Header that says to the server when the key was first sent, as an HTTP-date. Default none. */
  readonly firstSent?: { readonly header: string } | undefined
  /** The words of its answers to status requests and polls. Default: only `status.read` and `response` say. */
  readonly status?: StatusWords | undefined
  /** The words of its answers to cancel requests. Default: only `cancel.read` says. */
  readonly cancel?: AnswerWords | undefined
  readonly trustedOrigins?: readonly string[] | undefined
}

/** Under this name a profile has what it was made of, which a spread of it has too: `{ ...paypal, retention }`. */
const MADE = /* #__PURE__ */ Symbol.for('stillonce.profile')

/**
 * A profile with its defaults, and frozen, since verdicts must not depend on what becomes of the object that was given.
 * The profile is not checked: `defineProfile` checks those of users, and a test those of this package, so that a page which uses
 * one of ours does not load the checks.
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

/** What this profile, or the one that it was spread from, was made of; undefined: it was written by hand. */
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
