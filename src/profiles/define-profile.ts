import { parsedUrl } from '../core/names/parsed-url.ts'
import type { Meaning, Profile, ReplayMark, Rule } from '../core/answers/profile.ts'
import { NEVER_CONCLUSIVE } from '../core/answers/profile.ts'
import { configurationError } from '../public/errors.ts'
import { requireFields } from '../guards/option-checks.ts'
import { requireName, requireKey } from './checked-key.ts'
import { isPath, requireCancelWords, requireStatusWords } from './checked-words.ts'
import { madeProfile, type ProfileInput } from './made-profile.ts'
import { requireRetention } from './retention.ts'

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

/** Meanings which say that the request was not executed. */
const REFUSALS: readonly Meaning[] = ['rejected', 'conflict', 'mismatch', 'try-again']

/**
 * Defines a profile: your statement of how a server treats keys. Checks it and fills in defaults. Throws a
 * `configuration` error that names the wrong field.
 *
 * @example
 * const acme = defineProfile({
 *   name: 'acme', honoursKeys: true, retention: 86_400_000,
 *   rules: [{ status: 409, code: 'key_in_use', means: 'processing', source: 'https://docs.acme.example/keys' }],
 * })
 */
export function defineProfile(input: ProfileInput): Profile {
  requireFields(input, OPTIONS, 'profile')
  const { name, honoursKeys, delivers, retention, otherPayload, rules = [], trustedOrigins = [] } = input
  if (typeof name !== 'string' || name === '')
    throw configurationError('profile.name', 'must be a non-empty string')
  requireFlag(honoursKeys, 'profile.honoursKeys')
  if (!Array.isArray(rules)) throw configurationError('profile.rules', 'must be a list')
  rules.forEach((rule, index) => requireRule(rule, `profile.rules[${index}]`))
  requireKey(input)
  if (retention !== undefined) requireRetention(retention, 'profile.retention')
  if (delivers !== undefined && delivers !== 'once' && delivers !== 'again')
    throw configurationError('profile.delivers', "must be 'once' or 'again', or left out")
  requireComparison(input.comparesBytes, otherPayload)
  if (input.namesKey !== undefined) requireFlag(input.namesKey, 'profile.namesKey')
  requireOrigins(trustedOrigins)
  if (input.status !== undefined) requireStatusWords(input.status, 'profile.status')
  if (input.cancel !== undefined) requireCancelWords(input.cancel, 'profile.cancel')
  if (input.replayed !== undefined) requireReplayMark(input.replayed)
  if (input.firstSent !== undefined) {
    requireFields(input.firstSent, ['header'], 'profile.firstSent')
    requireName(input.firstSent.header, 'profile.firstSent.header')
  }
  return madeProfile(input)
}

function requireRule(rule: Rule, path: string): void {
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
  if (rule.conclusive !== undefined) requireFlag(rule.conclusive, `${path}.conclusive`)
  if (rule.conclusive === true && NEVER_CONCLUSIVE.has(rule.status)) {
    throw configurationError(`${path}.conclusive`, `${rule.status} never speaks for the key: leave it out`)
  }
  if (rule.everyDelivery !== undefined) requireFlag(rule.everyDelivery, `${path}.everyDelivery`)
  if (rule.everyDelivery === true && !REFUSALS.includes(rule.means))
    throw configurationError(
      `${path}.everyDelivery`,
      `is for rules that refuse (means ${REFUSALS.join(', ')}): leave it out`,
    )
}

function requireReplayMark(mark: ReplayMark): void {
  requireFields(mark, ['header', 'at', 'value'], 'profile.replayed')
  const { header, at } = mark
  if (header !== undefined && at !== undefined)
    throw configurationError('profile.replayed', 'must have header or at, not both')
  if (at === undefined) requireName(header, 'profile.replayed.header')
  else requirePlace(at, 'profile.replayed.at')
  requireText(mark.value, 'profile.replayed.value')
}

/** A place in a body: see texts-at.ts. */
function requirePlace(at: unknown, path: string): void {
  const isPlace =
    typeof at === 'string' &&
    (/^<[\w.-]+>$/.test(at) ||
      at
        .split('.')
        .every((part, index) => (part === '[]' && index === 0) || isPath(part.replace(/\[\]$/, ''))))
  if (!isPlace)
    throw configurationError(path, 'must be a path such as details[].issue, or an element such as <Code>')
}

function requireComparison(compares: boolean | undefined, other: Profile['otherPayload']): void {
  if (![undefined, 'refused', 'first-answer', 'new-resource'].includes(other))
    throw configurationError('profile.otherPayload', 'must be one of refused, first-answer, new-resource')
  if (compares === undefined) return
  requireFlag(compares, 'profile.comparesBytes')
  if (!compares && other === 'new-resource')
    throw configurationError('profile.comparesBytes', 'must be true: this server executes other bytes')
}

function requireHeaderSign(header: NonNullable<Rule['header']>, path: string): void {
  requireFields(header, ['name', 'value'], path)
  requireName(header.name, `${path}.name`)
  requireText(header.value, `${path}.value`)
}

function requireText(value: unknown, path: string): void {
  if (value !== undefined && typeof value !== 'string') throw configurationError(path, 'must be a string')
}

function requireFlag(value: unknown, path: string): void {
  if (typeof value !== 'boolean') throw configurationError(path, 'must be true or false')
}

function requireOrigins(values: readonly string[]): void {
  if (!Array.isArray(values)) throw configurationError('profile.trustedOrigins', 'must be a list')
  values.forEach((value, index) => {
    const url = typeof value === 'string' ? parsedUrl(value) : undefined
    if (url === undefined || url.origin !== value) {
      throw configurationError(
        `profile.trustedOrigins[${index}]`,
        'must be an origin, such as https://status.acme.example',
      )
    }
  })
}
