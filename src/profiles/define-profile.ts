import { parsedUrl } from '../core/names/parsed-url.ts'
import type { AnswerWords, Meaning, Profile, Rule, StatusWords } from '../core/answers/profile.ts'
import { NEVER_CONCLUSIVE } from '../core/answers/profile.ts'
import { configurationError } from '../public/errors.ts'
import { requireFields } from '../guards/option-checks.ts'
import type { KeyInput } from './checked-key.ts'
import { checkedKey, headerName, positive } from './checked-key.ts'
import { cancelWords, statusWords } from './checked-words.ts'

/** A profile before defaults. Durations in ms. */
export type ProfileInput = KeyInput & {
  readonly name: string
  /** `once`: nothing on the way delivers again what it was given once. Default: proxies may. */
  readonly delivers?: 'once' | undefined
  /** How long the server remembers a key. Default a day. */
  readonly retention?: number | undefined
  /** Default false. */
  readonly comparesBytes?: boolean | undefined
  readonly rules?: readonly Rule[] | undefined
  readonly replayed?: { readonly header: string; readonly value?: string } | undefined
  /** Header that tells the server when the key was first sent, as an HTTP-date. Default none. */
  readonly firstSent?: { readonly header: string } | undefined
  /** In which words its answers to status requests and polls tell. Default: only `status.read` and `response` say. */
  readonly status?: StatusWords | undefined
  /** In which words its answers to cancel requests tell. Default: only `cancel.read` says. */
  readonly cancel?: AnswerWords | undefined
  /** Its answers about a key name the key, in a response header of the same name. Default false. */
  readonly namesKey?: boolean | undefined
  readonly trustedOrigins?: readonly string[] | undefined
}

const OPTIONS = [
  'name',
  'honoursKeys',
  'delivers',
  'header',
  'format',
  'key',
  'retention',
  'comparesBytes',
  'rules',
  'replayed',
  'firstSent',
  'status',
  'cancel',
  'namesKey',
  'trustedOrigins',
]

const MEANINGS: readonly Meaning[] = [
  'processing',
  'rejected',
  'conflict',
  'mismatch',
  'exists',
  'succeeded',
  'try-again',
  'unknown',
]

const RULE = ['status', 'code', 'type', 'header', 'means', 'conclusive', 'everyDelivery', 'source']

/** What says that the request was not executed. */
const REFUSALS: readonly Meaning[] = ['rejected', 'conflict', 'mismatch', 'try-again']

/**
 * A profile with defaults, checked: your statement of how a server treats keys. Throws a `configuration`
 * error that names the field.
 *
 * @example
 * const acme = defineProfile({
 *   name: 'acme', honoursKeys: true, retention: 86_400_000,
 *   rules: [{ status: 409, code: 'key_in_use', means: 'processing', source: 'https://docs.acme.example/keys' }],
 * })
 */
export function defineProfile(input: ProfileInput): Profile {
  return checkedProfile(input, 'profile')
}

/** The same, for a profile at another place; `path` begins the names in errors. */
export function checkedProfile(input: ProfileInput, path: string): Profile {
  requireFields(input, OPTIONS, path)
  const { name, honoursKeys, rules = [], trustedOrigins = [] } = input
  const { retention = 86_400_000, comparesBytes = false } = input
  if (typeof name !== 'string' || name === '')
    throw configurationError(`${path}.name`, 'must be a non-empty string')
  flag(honoursKeys, `${path}.honoursKeys`)
  if (!Array.isArray(rules)) throw configurationError(`${path}.rules`, 'must be a list')
  rules.forEach((rule, index) => checkRule(rule, index, path))
  const profile: Profile = {
    name,
    honoursKeys,
    ...checkedKey(input, path),
    retention: positive(retention, `${path}.retention`),
    ...(input.delivers !== undefined && { delivers: delivery(input.delivers, path) }),
    comparesBytes: flag(comparesBytes, `${path}.comparesBytes`),
    rules: Object.freeze(rules.map(frozenRule)),
    namesKey: flag(input.namesKey ?? false, `${path}.namesKey`),
    trustedOrigins: origins(trustedOrigins, path),
    ...(input.status !== undefined && { status: statusWords(input.status, `${path}.status`) }),
    ...(input.cancel !== undefined && { cancel: cancelWords(input.cancel, `${path}.cancel`) }),
    ...(input.replayed !== undefined && { replayed: replayMarker(input.replayed, path) }),
    ...(input.firstSent !== undefined && {
      firstSent: firstSentHeader(input.firstSent, `${path}.firstSent`),
    }),
  }
  return Object.freeze(profile)
}

function checkRule(rule: Rule, index: number, profilePath: string): void {
  const path = `${profilePath}.rules[${index}]`
  requireFields(rule, RULE, path)
  if (!Number.isInteger(rule.status) || rule.status < 200 || rule.status > 999) {
    throw configurationError(`${path}.status`, 'must be an HTTP status from 200 to 999')
  }
  if (!MEANINGS.includes(rule.means))
    throw configurationError(`${path}.means`, `must be one of ${MEANINGS.join(', ')}`)
  if (typeof rule.source !== 'string' || rule.source === '') {
    throw configurationError(`${path}.source`, 'must say where the rule comes from')
  }
  requireText(rule.code, `${path}.code`)
  requireText(rule.type, `${path}.type`)
  if (rule.header !== undefined) requireHeaderSign(rule.header, `${path}.header`)
  if (rule.conclusive !== undefined) flag(rule.conclusive, `${path}.conclusive`)
  if (rule.conclusive === true && NEVER_CONCLUSIVE.has(rule.status)) {
    throw configurationError(`${path}.conclusive`, `${rule.status} never speaks for the key`)
  }
  if (rule.everyDelivery !== undefined) flag(rule.everyDelivery, `${path}.everyDelivery`)
  if (rule.everyDelivery === true && !REFUSALS.includes(rule.means))
    throw configurationError(`${path}.everyDelivery`, `is said of a refusal: means ${REFUSALS.join(', ')}`)
}

function replayMarker(
  marker: NonNullable<ProfileInput['replayed']>,
  path: string,
): NonNullable<Profile['replayed']> {
  requireFields(marker, ['header', 'value'], `${path}.replayed`)
  headerName(marker.header, `${path}.replayed.header`)
  requireText(marker.value, `${path}.replayed.value`)
  return Object.freeze({ ...marker })
}

function firstSentHeader(
  sign: NonNullable<ProfileInput['firstSent']>,
  path: string,
): NonNullable<Profile['firstSent']> {
  requireFields(sign, ['header'], path)
  return Object.freeze({ header: headerName(sign.header, `${path}.header`) })
}

/** A copy that nobody changes: verdicts must not depend on what becomes of the object that was given. */
function frozenRule(rule: Rule): Rule {
  return Object.freeze({ ...rule, ...(rule.header && { header: Object.freeze({ ...rule.header }) }) })
}

function requireHeaderSign(header: NonNullable<Rule['header']>, path: string): void {
  requireFields(header, ['name', 'value'], path)
  headerName(header.name, `${path}.name`)
  requireText(header.value, `${path}.value`)
}

function requireText(value: unknown, path: string): void {
  if (value !== undefined && typeof value !== 'string') throw configurationError(path, 'must be a string')
}

function delivery(value: unknown, path: string): 'once' {
  if (value !== 'once') throw configurationError(`${path}.delivers`, "must be 'once', or left out")
  return value
}

function flag(value: unknown, path: string): boolean {
  if (typeof value !== 'boolean') throw configurationError(path, 'must be true or false')
  return value
}

function origins(values: readonly string[], path: string): readonly string[] {
  if (!Array.isArray(values)) throw configurationError(`${path}.trustedOrigins`, 'must be a list')
  return Object.freeze(
    values.map((value, index) => {
      const url = typeof value === 'string' ? parsedUrl(value) : undefined
      if (url === undefined || url.origin !== value) {
        throw configurationError(
          `${path}.trustedOrigins[${index}]`,
          'must be an origin, such as https://status.acme.example',
        )
      }
      return value
    }),
  )
}
