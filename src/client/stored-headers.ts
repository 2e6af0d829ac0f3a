import type { Profile } from '../core/answers/profile.ts'
import type { Plan } from '../engine/plan.ts'
import { configurationError } from '../public/errors.ts'

/**
 * Header names that carry credentials, both usual and home-made. Hyphens or underscores separate the parts of a name.
 */
const CREDENTIAL = new RegExp(
  `^(?:.*[-_])?(?:${[
    'authorization|auth|cookie2?|jwt|(?:access|id)?token|bearer|secret|credentials?|assertion|dpop',
    'password|passwd|passphrase|passcode|pin|[ht]?otp|sid|session(?:[-_]?(?:id|key|token))?',
    'signature(?:[-_]?\\d+)?',
    // Azure, AWS and others; not routing-key, partition-key or other names of data.
    '(?:api|app|auth|access|account|admin|client|functions?|master|private|secret|shared|signing|storage|subscription)[-_]?key',
  ].join('|')})$`,
)

/** Which parts of requests and responses a definition stores. */
export type StoredRequestOptions = {
  /**
   * `key` (default): no body is stored. `request`: method, URL, bytes and content type are stored, so that `resume` can
   * send.
   */
  readonly persist?: 'key' | 'request' | undefined
  /** Headers of `request` that `persist: 'request'` stores too. Never name a credential. */
  readonly keepHeaders?: readonly string[] | undefined
  /**
   * Headers of `request` that a stored request can do without: they are neither stored nor sent by `resume`. With
   * `persist: 'request'`, every header of `request` except the content type must be in one of the two lists, else the
   * call ends with code `configuration`.
   */
  readonly dropHeaders?: readonly string[] | undefined
  /**
   * Headers of the response that are kept with it, besides its content type, and returned in `settled.response`. Never
   * name a credential.
   */
  readonly keepResponseHeaders?: readonly string[] | undefined
}

/**
 * Checks and returns the headers of `request` that a stored request keeps, and those it can do without. Names in lower
 * case.
 */
export function storedHeaders(
  { persist, keepHeaders, dropHeaders }: StoredRequestOptions,
  { header }: Profile,
  path: string,
): Pick<Plan, 'keepHeaders' | 'dropHeaders'> {
  const kept = headerNames(keepHeaders, `${path}keepHeaders`, header)
  const dropped = headerNames(dropHeaders, `${path}dropHeaders`, header)
  refuseCredential(kept, `${path}keepHeaders`)
  const both = dropped.find(name => kept.includes(name))
  if (both !== undefined) throw configurationError(`${path}dropHeaders`, `${both} is in keepHeaders too`)
  for (const [name, list] of Object.entries({ keepHeaders: kept, dropHeaders: dropped })) {
    if (list.length > 0 && persist !== 'request')
      throw configurationError(`${path}${name}`, "has no effect without `persist: 'request'`")
  }
  return { keepHeaders: kept, dropHeaders: dropped }
}

/** Headers that describe the bytes on the wire, not the text that is kept. */
const OF_THE_WIRE = new Set(['content-length', 'content-encoding', 'transfer-encoding'])

/** Checks and returns the response headers to keep. Names in lower case. */
export function keptResponseHeaders(
  { keepResponseHeaders }: StoredRequestOptions,
  path: string,
): readonly string[] {
  const option = `${path}keepResponseHeaders`
  const kept = headerNames(keepResponseHeaders, option, undefined)
  refuseCredential(kept, option)
  const ofTheWire = kept.find(name => OF_THE_WIRE.has(name))
  if (ofTheWire !== undefined)
    throw configurationError(option, `${ofTheWire} describes bytes on the way; what is kept is their text`)
  return kept
}

function refuseCredential(names: readonly string[], path: string): void {
  const credential = names.find(name => CREDENTIAL.test(name))
  if (credential !== undefined)
    throw configurationError(path, `${credential} is a credential, which is never stored`)
}

function headerNames(names: unknown, path: string, keyHeader: string | undefined): readonly string[] {
  if (names === undefined) return []
  if (!Array.isArray(names) || !names.every(isHeaderName))
    throw configurationError(path, 'must be a list of header names')
  const all = names.map(name => name.toLowerCase())
  if (keyHeader !== undefined && all.includes(keyHeader.toLowerCase()))
    throw configurationError(path, `${keyHeader} is the key itself, which the client sets`)
  return all
}

/** RFC 9110, 5.6.2: a token. */
function isHeaderName(name: unknown): name is string {
  return typeof name === 'string' && /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(name)
}
