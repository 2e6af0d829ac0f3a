import type { KeyPlace } from '../core/answers/profile.ts'
import { madeOf } from '../core/names/key-grammar.ts'
import { requireFields } from '../guards/option-checks.ts'
import { configurationError } from '../public/errors.ts'
import { isPath } from './checked-words.ts'
import type { KeyInput } from './made-profile.ts'
import { requirePositive } from './retention.ts'

/* Checks where a profile puts the key, and which keys its server accepts. */

const PLACES: readonly KeyPlace[] = ['header', 'json', 'form', 'query', 'request']

export function requireKey({ header, format, namesKey, key: given = {} }: KeyInput): void {
  requireFields(given, ['in', 'field', 'minLength', 'maxLength', 'alphabet', 'format'], 'profile.key')
  const { in: place = 'header', field } = given
  if (!PLACES.includes(place))
    throw configurationError('profile.key.in', `must be one of ${PLACES.join(', ')}`)
  requireShape(given)
  if (format !== undefined && format !== 'raw' && format !== 'quoted')
    throw configurationError('profile.format', "must be 'raw' or 'quoted'")
  if (place === 'header') {
    if (header !== undefined && field !== undefined && header !== field)
      throw configurationError(
        'profile.key.field',
        'is another header than `header` names: give one of the two',
      )
    const named = [header, field].find(name => name !== undefined)
    if (named !== undefined) requireKeyHeader(named)
    return
  }
  if (header !== undefined)
    throw configurationError(
      'profile.header',
      `carries no key, because \`key.in\` puts it into the ${place}: leave it out`,
    )
  if (namesKey === true)
    throw configurationError(
      'profile.namesKey',
      'is about a response header called as `header`, and there is none: leave it out',
    )
  if (format === 'quoted')
    throw configurationError(
      'profile.format',
      'is the form of a header, and none carries the key: leave it out',
    )
  if (place === 'request') {
    if (field !== undefined)
      throw configurationError(
        'profile.key.field',
        'is for `request` to say, which puts the key where it goes: leave it out',
      )
    return
  }
  if (typeof field !== 'string' || (place === 'json' ? !isPath(field) : field === ''))
    throw configurationError(
      'profile.key.field',
      place === 'json'
        ? 'must be the name of a field, or names and indices joined by dots'
        : `must be the name of a ${place === 'query' ? 'parameter' : 'field'}`,
    )
}

/**
 * Headers that a page's fetch silently leaves out of a request (Fetch, "forbidden request-header"), or that have
 * another meaning in every request. A key there would not arrive, so that sending again would be a second operation.
 */
const OF_OTHER_THINGS =
  /^(?:accept|accept-.*|access-control-.*|authorization|cache-control|connection|content-.*|cookie2?|date|dnt|expect|host|keep-alive|origin|proxy-.*|referer|sec-.*|set-cookie|te|trailer|transfer-encoding|upgrade|via)$/i

function requireKeyHeader(name: unknown): void {
  requireName(name, 'profile.header')
  if (OF_OTHER_THINGS.test(String(name)))
    throw configurationError(
      'profile.header',
      'is a header that says something else, or that a page leaves out: it carries no key',
    )
}

function requireShape({ maxLength = 255, minLength, alphabet, format }: NonNullable<KeyInput['key']>): void {
  requirePositive(maxLength, 'profile.key.maxLength')
  if (minLength !== undefined) {
    requirePositive(minLength, 'profile.key.minLength')
    if (minLength > maxLength)
      throw configurationError('profile.key.minLength', 'must not be greater than maxLength')
  }
  if (alphabet !== undefined && !isAlphabet(alphabet))
    throw configurationError(
      'profile.key.alphabet',
      'must be characters and ranges of them, such as A-Za-z0-9_-',
    )
  if (format !== undefined && format !== 'uuid')
    throw configurationError('profile.key.format', "must be 'uuid', or left out")
}

function isAlphabet(alphabet: unknown): alphabet is string {
  if (typeof alphabet !== 'string' || !/^[\x21-\x7e]+$/.test(alphabet)) return false
  try {
    return madeOf(alphabet) instanceof RegExp
  } catch {
    return false
  }
}

export function requireName(name: unknown, path: string): void {
  if (typeof name !== 'string' || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) {
    throw configurationError(path, 'must be a header name')
  }
}
