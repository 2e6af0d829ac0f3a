import { readFileSync } from 'node:fs'
import type { Profile, Rule } from '../../src/core/answers/profile.ts'

/** What the page says of a profile: a row of its table, in Markdown. */
export function profileRow(name: string, profile: Profile): readonly string[] {
  return [
    `\`${name}\``,
    keyOf(profile),
    shapeOf(profile),
    remembersOf(profile),
    profile.rules.map(ruleOf).join('; ') || '-',
    notTold(profile).join(', ') || '-',
    `[page](${pageOf(name)})`,
  ]
}

function keyOf({ header, key }: Profile): string {
  if (key.in !== undefined) return `\`${key.field ?? ''}\` in the ${key.in === 'json' ? 'JSON body' : key.in}`
  return header === undefined ? 'none' : `\`${header}\``
}

function shapeOf({ key }: Profile): string {
  const { minLength, maxLength, alphabet, format } = key
  const length = minLength === undefined ? `up to ${maxLength}` : `${minLength} to ${maxLength}`
  if (format === 'uuid') return 'a UUID'
  return alphabet === undefined ? length : `${length} of \`${alphabet}\``
}

function remembersOf({ honoursKeys, retention }: Profile): string {
  if (!honoursKeys) return '-'
  if (typeof retention === 'string') return retention === 'forever' ? 'for ever' : '?'
  const hours = retention / 3_600_000
  if (hours < 1) return `${hours * 60} min`
  return hours > 48 ? `${hours / 24} days` : `${hours} h`
}

const MEANS: Readonly<Record<Rule['means'], string>> = {
  processing: 'at work',
  rejected: 'refused',
  conflict: 'a conflict',
  mismatch: 'another payload',
  exists: 'made before',
  succeeded: 'the result',
  'try-again': 'try again',
  unknown: 'unknown',
}

function ruleOf({ status, code, at, type, header, means }: Rule): string {
  const sign = code ?? type ?? at ?? header?.name
  return `${status}${sign === undefined ? '' : ` \`${sign}\``}: ${MEANS[means]}`
}

/** What its owner does not say, so that the profile does not. */
function notTold({ honoursKeys, retention, rules, otherPayload, replayed }: Profile): readonly string[] {
  if (!honoursKeys) return ['whether keys are honoured']
  const means = new Set(rules.map(rule => rule.means))
  const isTold = (meaning: Rule['means']) => means.has(meaning) || means.has('exists')
  return [
    ...(retention === 'unknown' ? ['how long'] : []),
    ...(isTold('processing') ? [] : ['a request at work']),
    ...(isTold('mismatch') || otherPayload !== undefined ? [] : ['another payload']),
    ...(replayed === undefined && !means.has('exists') ? ['a replay'] : []),
  ]
}

/** The page of the owner that the file of a profile names first. */
function pageOf(name: string): string {
  const file = name.replaceAll(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)
  const text = readFileSync(new URL(`../../src/profiles/${file}.ts`, import.meta.url), 'utf8')
  const page = /https:\/\/[^\s'`]+[^\s'`.,:]/.exec(text)
  if (page === null) throw new Error(`src/profiles/${file}.ts names no page`)
  return page[0]
}
