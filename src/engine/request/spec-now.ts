import { jsonOwn } from '../../core/names/json-own.ts'
import { isPlainObject } from '../../guards/option-checks.ts'
import { hearThrown, isThenable } from '../../guards/synchronous.ts'
import type { RequestSpec } from './request-spec.ts'

/*
 * A copy of a request as it is now, for code that prepares it in a later tick, so that later changes by the caller have
 * no effect. Values that cannot be sent are left as they are, so that they are refused later as they would be now.
 */

export function specNow(spec: RequestSpec): RequestSpec {
  const { method, url, json, body, headers } = spec
  return { ...spec, method, url, json: dataNow(json), body: bodyNow(body), headers: headersNow(headers) }
}

/** Copies an argument of a call: options, or a conclusion with its data. */
export function argumentNow<Given>(given: Given): Given {
  if (!isPlainObject(given)) return given
  const taken = ['data', 'error'].filter(name => name in given).map(name => [name, dataNow(given[name])])
  return Object.assign({}, given, Object.fromEntries(taken))
}

/** Copies data that is written as JSON later. If reading it throws, writing the copy throws the same error. */
export function dataNow(value: unknown): unknown {
  try {
    return partNow(value, '')
  } catch (error) {
    hearThrown(error)
    return {
      toJSON() {
        throw error
      },
    }
  }
}

function partNow(part: unknown, name: string): unknown {
  const told = jsonOwn(part, name)
  // An invalid Date stays as it is, so that it is refused as a Date.
  return told === null ? part : copied(told)
}

function copied(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value))
    return Array.from({ length: value.length }, (_, index) => partNow(value[index], String(index)))
  const isOther = Object.prototype.toString.call(value) !== '[object Object]'
  if (isThenable(value) || isOther || isRawJson(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, partNow(part, name)]))
}

/** A number beyond 2^53 as its text (`JSON.rawJSON`): it cannot change, and a copy of it would be an object. */
function isRawJson(value: object): boolean {
  const { isRawJSON } = JSON as { isRawJSON?: (value: unknown) => boolean }
  return isRawJSON?.(value) === true
}

/** Copies a body that its owner can change. */
export function bodyNow<Body>(
  body: Body,
): Body | FormData | URLSearchParams | ArrayBuffer | Uint8Array<ArrayBuffer> {
  if (body instanceof FormData) return formNow(body)
  if (body instanceof URLSearchParams) return new URLSearchParams(body)
  if (body instanceof ArrayBuffer) return body.slice(0)
  if (ArrayBuffer.isView(body)) return bytesNow(body)
  return body
}

export function bytesNow(view: ArrayBufferView): Uint8Array<ArrayBuffer> {
  return new Uint8Array(new Uint8Array(view.buffer, view.byteOffset, view.byteLength))
}

export function formNow(form: FormData): FormData {
  const copy = new FormData()
  for (const [name, value] of form) {
    if (typeof value === 'string') copy.append(name, value)
    else copy.append(name, value, value.name)
  }
  return copy
}

function headersNow(headers: RequestSpec['headers']): RequestSpec['headers'] {
  const isList = typeof headers === 'object' && headers !== null && Symbol.iterator in headers
  return copied(isList ? [...headers] : headers) as RequestSpec['headers']
}
