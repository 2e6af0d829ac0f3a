import type { KeyPlace, KeyRules, Profile } from '../core/answers/profile.ts'
import { madeOf } from '../core/names/key-grammar.ts'
import { requireFields } from '../guards/option-checks.ts'
import { configurationError } from '../public/errors.ts'
import { isPath } from './checked-words.ts'

/* Checks of where a profile puts the key, and of which keys its server takes. */

/** What a profile says of its key, before defaults. */
export type KeyInput = {
  /** The server executes at most once per key, for at least `retention` ms. */
  readonly honoursKeys: boolean
  /** Default `Idempotency-Key`; none where keys are not honoured, or `key.in` puts the key elsewhere. */
  readonly header?: string | undefined
  /** Default `raw`. */
  readonly format?: 'raw' | 'quoted' | undefined
  /** Its answers about a key name the key, in a response header of the same name. Default false. */
  readonly namesKey?: boolean | undefined
  /**
   * Where the key goes, `in` the header (the default), a `field` of the JSON body (a dotted path), a field of the form or a
   * parameter of the query; and which keys the server takes: at most 255 characters unless `maxLength` says otherwise.
   */
  readonly key?: Partial<KeyRules> | undefined
}

const PLACES: readonly KeyPlace[] = ['header', 'json', 'form', 'query', 'request']

export function checkedKey(
  { honoursKeys, header, format, namesKey, key: given = {} }: KeyInput,
  path: string,
): Pick<Profile, 'header' | 'format' | 'key'> {
  requireFields(given, ['in', 'field', 'minLength', 'maxLength', 'alphabet', 'format'], `${path}.key`)
  const { in: place = 'header', field } = given
  if (!PLACES.includes(place))
    throw configurationError(`${path}.key.in`, `must be one of ${PLACES.join(', ')}`)
  const shape = shapeOf(given, `${path}.key`)
  if (place === 'header') {
    if (header !== undefined && field !== undefined && header !== field)
      throw configurationError(`${path}.key.field`, 'is another header than `header` names')
    const usual = honoursKeys ? 'Idempotency-Key' : undefined
    const named = [header, field, usual].find(name => name !== undefined)
    return {
      header: named === undefined ? undefined : headerName(named, `${path}.header`),
      format: quoting(format, path),
      key: shape,
    }
  }
  if (header !== undefined)
    throw configurationError(`${path}.header`, `carries no key: \`key.in\` puts it into the ${place}`)
  if (namesKey === true)
    throw configurationError(
      `${path}.namesKey`,
      'is about a response header called as `header`, and there is none',
    )
  if (quoting(format, path) === 'quoted')
    throw configurationError(`${path}.format`, 'is the form of a header, and none carries the key')
  if (place === 'request') {
    if (field !== undefined)
      throw configurationError(
        `${path}.key.field`,
        'is for `request` to say, which puts the key where it goes',
      )
    return { header: undefined, format: 'raw', key: Object.freeze({ in: place, ...shape }) }
  }
  if (typeof field !== 'string' || (place === 'json' ? !isPath(field) : field === ''))
    throw configurationError(
      `${path}.key.field`,
      place === 'json'
        ? 'must be the name of a field, or names and indices joined by dots'
        : `must be the name of a ${place === 'query' ? 'parameter' : 'field'}`,
    )
  return { header: undefined, format: 'raw', key: Object.freeze({ in: place, field, ...shape }) }
}

function shapeOf(
  { maxLength = 255, minLength, alphabet, format }: Partial<KeyRules>,
  path: string,
): Profile['key'] {
  const longest = positive(maxLength, `${path}.maxLength`)
  if (minLength !== undefined && positive(minLength, `${path}.minLength`) > longest)
    throw configurationError(`${path}.minLength`, 'must not be greater than maxLength')
  if (alphabet !== undefined && !isAlphabet(alphabet))
    throw configurationError(`${path}.alphabet`, 'must be characters and ranges of them, such as A-Za-z0-9_-')
  if (format !== undefined && format !== 'uuid')
    throw configurationError(`${path}.format`, "must be 'uuid', or left out")
  return Object.freeze({
    maxLength: longest,
    ...(minLength !== undefined && { minLength }),
    ...(alphabet !== undefined && { alphabet }),
    ...(format !== undefined && { format }),
  })
}

function isAlphabet(alphabet: unknown): alphabet is string {
  if (typeof alphabet !== 'string' || !/^[\x21-\x7e]+$/.test(alphabet)) return false
  try {
    return madeOf(alphabet) instanceof RegExp
  } catch {
    return false
  }
}

export function headerName(name: unknown, path: string): string {
  if (typeof name !== 'string' || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)) {
    throw configurationError(path, 'must be a header name')
  }
  return name
}

function quoting(value: KeyInput['format'], path: string): Profile['format'] {
  if (value === undefined || value === 'raw') return 'raw'
  if (value !== 'quoted') throw configurationError(`${path}.format`, "must be 'raw' or 'quoted'")
  return value
}

export function positive(value: unknown, path: string): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) {
    throw configurationError(path, 'must be a positive number')
  }
  return value
}
