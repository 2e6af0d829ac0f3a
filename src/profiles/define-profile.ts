import { parsedUrl } from '../core/names/parsed-url.ts'
import type {
  AnswerWords,
  Meaning,
  Profile,
  ReplayMark,
  Retention,
  Rule,
  StatusWords,
} from '../core/answers/profile.ts'
import { NEVER_CONCLUSIVE } from '../core/answers/profile.ts'
import { configurationError } from '../public/errors.ts'
import { requireFields } from '../guards/option-checks.ts'
import type { KeyInput } from './checked-key.ts'
import { checkedKey, headerName, positive } from './checked-key.ts'
import { cancelWords, isPath, statusWords } from './checked-words.ts'

/** A profile before defaults. Durations in ms. */
export type ProfileInput = KeyInput & {
  readonly name: string
  /** `once`: nothing on the way delivers again what it was given once. Default: proxies may. */
  readonly delivers?: 'once' | undefined
  /** How long the server remembers a key. Default a day. `unknown`: it is used until the deadline of the first run. */
  readonly retention?: Retention | undefined
  /** Default false, but true where another payload makes a new resource. */
  readonly comparesBytes?: boolean | undefined
  /** What becomes of another payload under a key that was used. Default `refused`. */
  readonly otherPayload?: Profile['otherPayload']
  readonly rules?: readonly Rule[] | undefined
  readonly replayed?: ReplayMark | undefined
  /** Header that tells the server when the key was first sent, as an HTTP-date. Default none. */
  readonly firstSent?: { readonly header: string } | undefined
  /** In which words its answers to status requests and polls tell. Default: only `status.read` and `response` say. */
  readonly status?: StatusWords | undefined
  /** In which words its answers to cancel requests tell. Default: only `cancel.read` says. */
  readonly cancel?: AnswerWords | undefined
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
  'otherPayload',
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

const RULE = ['status', 'code', 'at', 'type', 'header', 'means', 'conclusive', 'everyDelivery', 'source']

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
  const { retention = 86_400_000, otherPayload } = input
  const { comparesBytes = otherPayload === 'new-resource' } = input
  if (typeof name !== 'string' || name === '')
    throw configurationError(`${path}.name`, 'must be a non-empty string')
  flag(honoursKeys, `${path}.honoursKeys`)
  if (!Array.isArray(rules)) throw configurationError(`${path}.rules`, 'must be a list')
  rules.forEach((rule, index) => checkRule(rule, index, path))
  const profile: Profile = {
    name,
    honoursKeys,
    ...checkedKey(input, path),
    retention: remembered(retention, `${path}.retention`),
    ...(input.delivers !== undefined && { delivers: delivery(input.delivers, path) }),
    comparesBytes: comparison(comparesBytes, otherPayload, path),
    ...(otherPayload !== undefined && { otherPayload }),
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
  if (rule.at !== undefined) requirePlace(rule.at, `${path}.at`)
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

function replayMarker(marker: ReplayMark, path: string): ReplayMark {
  requireFields(marker, ['header', 'at', 'value'], `${path}.replayed`)
  const { header, at } = marker
  if (header !== undefined && at !== undefined)
    throw configurationError(`${path}.replayed`, 'must have header or at, not both')
  if (at === undefined) headerName(header, `${path}.replayed.header`)
  else requirePlace(at, `${path}.replayed.at`)
  requireText(marker.value, `${path}.replayed.value`)
  return Object.freeze({ ...marker })
}

/** A place in a body: see texts-at.ts. */
function requirePlace(at: unknown, path: string): void {
  const isPlace =
    typeof at === 'string' &&
    (/^<[\w.-]+>$/.test(at) || at.split('.').every(part => isPath(part.replace(/\[\]$/, ''))))
  if (!isPlace)
    throw configurationError(path, 'must be a path such as details[].issue, or an element such as <Code>')
}

function remembered(value: unknown, path: string): Retention {
  return value === 'forever' || value === 'unknown' ? value : positive(value, path)
}

function comparison(compares: boolean, other: Profile['otherPayload'], path: string): boolean {
  if (![undefined, 'refused', 'first-answer', 'new-resource'].includes(other))
    throw configurationError(`${path}.otherPayload`, 'must be one of refused, first-answer, new-resource')
  if (flag(compares, `${path}.comparesBytes`) || other !== 'new-resource') return compares
  throw configurationError(`${path}.comparesBytes`, 'must be true: this server executes other bytes')
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
