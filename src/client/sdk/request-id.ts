import type { Profile } from '../../core/answers/profile.ts'
import { keyHeaderValue } from '../../core/names/key-grammar.ts'
import { configurationError } from '../../public/errors.ts'
import { uuidAfter } from '../../runtime/uuid-after.ts'
import type { GivenRequest } from './sdk-request.ts'

/**
 * How SDKs begin the keys that they make up for one call: stripe-node, those made by Stainless, svix. The next call for the
 * same thing has another one, so that none names what is to happen once.
 */
const MADE_UP = /^(?:stripe-node-retry-|stainless-node-retry-|auto_)/

/** What is left of a value that was not there, once an SDK has made a header's text of it. */
const NOTHING = new Set<unknown>([undefined, null, 'undefined', 'null', '[object Object]'])

export type RequestId = { readonly id: string } | { readonly none: string }

/** What `id` gave for a request: a name, or why there is none. Anything but a text is a mistake. */
export function requestId(given: unknown, path: string): RequestId {
  if (NOTHING.has(given))
    return { none: 'gave nothing for this request, so that nothing names what is to happen once' }
  if (typeof given !== 'string' || given.trim() === '')
    throw configurationError(path, 'must give a text that is not empty, or undefined where there is none')
  if (MADE_UP.test(given))
    return {
      none: 'gave a key that the SDK made up for this one call: another call would be another operation. Give the SDK a key of your own, or take the id from what the request is about',
    }
  return { id: given }
}

/** Whether an id is the key that the request brings, where this server wants it; of a signed one to the character. */
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
 * Keys of an operation whose id is the key that the caller gave the SDK: the first is that key as it stands, so that keys
 * already in use go on. The next ones are UUIDs that follow from it, because a process that has lost its store comes back to
 * the same, and no text made of it is sure to be nobody's id: `invoice-7.2` may be the next version of `invoice-7`.
 */
export function keyAfter(id: string, generation: number): string {
  return generation === 1 ? id : uuidAfter(id, generation)
}
