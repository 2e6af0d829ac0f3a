import type { Meaning, Profile, Rule } from '../core/profile.ts'
import { configurationError } from '../errors.ts'
import { isObject, refuseUnknown } from '../options.ts'

/** A profile before defaults. Durations in ms. */
export type ProfileInput = {
  readonly name: string
  /** The server executes at most once per key, for at least `retention` ms. */
  readonly honoursKeys: boolean
  /** Default `Idempotency-Key`. */
  readonly header?: string
  /** Default `raw`. */
  readonly format?: 'raw' | 'quoted'
  /** Default 255 characters. */
  readonly key?: { readonly maxLength?: number }
  /** How long the server remembers a key. Default a day. */
  readonly retention?: number
  /** Default false. */
  readonly comparesBytes?: boolean
  readonly rules?: readonly Rule[]
  readonly replayed?: { readonly header: string; readonly value?: string }
  /** Header that tells the server when the key was first sent, as an HTTP-date. Default none. */
  readonly firstSent?: { readonly header: string }
  readonly trustedOrigins?: readonly string[]
}

const OPTIONS = [
  'name',
  'honoursKeys',
  'header',
  'format',
  'key',
  'retention',
  'comparesBytes',
  'rules',
  'replayed',
  'firstSent',
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

/** Said before the idempotency layer, or of the attempt alone: no rule can make them speak for the key. */
const NEVER_CONCLUSIVE = new Set([401, 403, 407, 408, 421, 425, 429])

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
  if (!isObject(input)) throw configurationError('profile', 'must be an object')
  refuseUnknown(input, OPTIONS, 'profile.')
  const { name, honoursKeys, rules = [], trustedOrigins = [] } = input
  if (typeof name !== 'string' || name === '')
    throw configurationError('profile.name', 'must be a non-empty string')
  if (typeof honoursKeys !== 'boolean')
    throw configurationError('profile.honoursKeys', 'must be true or false')
  if (!Array.isArray(rules)) throw configurationError('profile.rules', 'must be a list')
  rules.forEach(checkRule)
  const profile: Profile = {
    name,
    honoursKeys,
    header: headerName(input.header ?? 'Idempotency-Key', 'profile.header'),
    format: format(input.format),
    key: { maxLength: positive(input.key?.maxLength ?? 255, 'profile.key.maxLength') },
    retention: positive(input.retention ?? 86_400_000, 'profile.retention'),
    comparesBytes: input.comparesBytes ?? false,
    rules: Object.freeze([...rules]),
    trustedOrigins: origins(trustedOrigins),
    ...(input.replayed !== undefined && { replayed: replayMarker(input.replayed) }),
    ...(input.firstSent !== undefined && {
      firstSent: { header: headerName(input.firstSent?.header, 'profile.firstSent.header') },
    }),
  }
  return Object.freeze(profile)
}

function checkRule(rule: Rule, index: number): void {
  const path = `profile.rules[${index}]`
  if (!isObject(rule)) throw configurationError(path, 'must be an object')
  refuseUnknown(rule, ['status', 'code', 'type', 'header', 'means', 'conclusive', 'source'], `${path}.`)
  if (!Number.isInteger(rule.status) || rule.status < 200 || rule.status > 599) {
    throw configurationError(`${path}.status`, 'must be an HTTP status from 200 to 599')
  }
  if (!MEANINGS.includes(rule.means))
    throw configurationError(`${path}.means`, `must be one of ${MEANINGS.join(', ')}`)
  if (typeof rule.source !== 'string' || rule.source === '') {
    throw configurationError(`${path}.source`, 'must say where the rule comes from')
  }
  for (const sign of ['code', 'type'] as const) {
    if (rule[sign] !== undefined && typeof rule[sign] !== 'string')
      throw configurationError(`${path}.${sign}`, 'must be a string')
  }
  if (rule.header !== undefined) headerName(rule.header?.name, `${path}.header.name`)
  if (rule.conclusive === true && NEVER_CONCLUSIVE.has(rule.status)) {
    throw configurationError(`${path}.conclusive`, `${rule.status} never speaks for the key`)
  }
}

function replayMarker(marker: NonNullable<ProfileInput['replayed']>): NonNullable<Profile['replayed']> {
  headerName(marker?.header, 'profile.replayed.header')
  return marker
}

function headerName(name: unknown, path: string): string {
  if (typeof name !== 'string' || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) {
    throw configurationError(path, 'must be a header name')
  }
  return name
}

function format(value: ProfileInput['format']): Profile['format'] {
  if (value === undefined || value === 'raw') return 'raw'
  if (value !== 'quoted') throw configurationError('profile.format', "must be 'raw' or 'quoted'")
  return value
}

function positive(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw configurationError(path, 'must be a positive number')
  }
  return value
}

function origins(values: readonly string[]): readonly string[] {
  return Object.freeze(
    values.map((value, index) => {
      const url = typeof value === 'string' ? URL.parse(value) : null
      if (url === null || url.origin !== value) {
        throw configurationError(
          `profile.trustedOrigins[${index}]`,
          'must be an origin, such as https://status.acme.example',
        )
      }
      return value
    }),
  )
}
