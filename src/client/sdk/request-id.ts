import type { Profile } from '../../core/answers/profile.ts'
import { keyHeaderValue } from '../../core/names/key-grammar.ts'
import { isBlank } from '../../core/names/scope-fault.ts'
import { configurationError } from '../../public/errors.ts'
import { uuidAfter } from '../../runtime/uuid-after.ts'
import type { GivenRequest } from './sdk-request.ts'

/**
 * Prefixes of the keys that SDKs make up for one call: stripe-node, SDKs made by Stainless, svix. The SDK's next call
 * for the same thing has another key, so such a key does not identify what must happen once.
 */
const MADE_UP = /^(?:stripe-node-retry-|stainless-node-retry-|auto_)/

/** What an SDK turns a missing value into when it makes a header of it. */
const NOTHING = new Set<unknown>([undefined, null, 'undefined', 'null', 'NaN', '[object Object]'])

export type RequestId = { readonly id: string } | { readonly none: string }

/** Checks what `id` returned: an id, or why there is none. Anything but a string is a mistake. */
export function requestId(given: unknown, path: string): RequestId {
  if (NOTHING.has(given))
    return { none: 'gave nothing for this request, so that nothing names what is to happen once' }
  if (typeof given !== 'string' || isBlank(given))
    throw configurationError(path, 'must give a text that is not empty, or undefined where there is none')
  if (MADE_UP.test(given))
    return {
      none: 'gave a key that the SDK made up for this one call: another call would be another operation. Give the SDK a key of your own, or take the id from what the request is about',
    }
  return { id: given }
}

/**
 * Whether an id is the key that the request carries, in the place where this server expects it. If the request is
 * signed, the key must match to the character.
 */
export function isKeyOf(
  request: GivenRequest,
  id: string,
  { header, format, key }: Pick<Profile, 'header' | 'format' | 'key'>,
  isSigned: boolean,
): boolean | Promise<boolean> {
  const { in: place, field = '' } = key
  switch (place) {
    case 'json':
      return request.json().then(
        json => id === valueAt(json, field),
        () => false,
      )
    case 'form':
      return fieldsOf(request).then(fields => fields.get(field) === id)
    case 'query':
      return new URL(request.url).searchParams.get(field) === id
    default: {
      const brought = header === undefined ? undefined : request.headers.get(header)
      const written = keyHeaderValue(id, format)
      return brought === written || (!isSigned && (brought === id || brought === `"${id}"`))
    }
  }
}

async function fieldsOf(request: GivenRequest): Promise<FormData | URLSearchParams> {
  const body = await request.body()
  return body instanceof FormData ? body : new URLSearchParams(await request.text())
}

function valueAt(json: unknown, path: string): unknown {
  return path
    .split('.')
    .reduce<unknown>(
      (value, name) =>
        typeof value === 'object' && value !== null && Object.hasOwn(value, name)
          ? Reflect.get(value, name)
          : undefined,
      json,
    )
}

/**
 * Makes the keys of an operation whose id is the key that the caller gave the SDK. The first is that key itself, so
 * that keys already in use continue. Later ones are UUIDs derived from it, so that a process that has lost its store
 * makes the same ones again. No other derived text is safe, because it may be somebody's id: `invoice-7.2` may be the
 * next version of `invoice-7`.
 */
export function keyAfter(id: string, generation: number): string {
  return generation === 1 ? id : uuidAfter(id, generation)
}
