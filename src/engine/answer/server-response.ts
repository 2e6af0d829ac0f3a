import { partNamed } from '../../core/answers/answer-forms.ts'
import type { Answer } from '../../core/answers/evidence.ts'
import type { StoredFailure } from '../../core/record/operation-record.ts'
import type { ServerResponse } from '../../public/errors.ts'
import type { JsonReader } from '../../guards/json-reader.ts'

/**
 * A response as users see it: the body parsed if it is JSON (by their own reader, which may throw), and problem details
 * if there are any. All of it is a copy: changes to it do not affect how the response is judged.
 */
export function serverResponse(answer: Answer, own: JsonReader = JSON.parse): ServerResponse {
  const { status, body } = answer
  const headers = { ...answer.headers }
  const whole = body.kind === 'whole' ? body.parsed : body.text
  const parsed = body.kind === 'whole' && body.form === 'json' ? own(body.text) : whole
  const problem = problemOf(parsed)
  return problem === undefined
    ? { status, headers, body: parsed }
    : { status, headers, body: parsed, problem }
}

/** A stored refusal as users see it, for callers that did not receive the response themselves. */
export function storedResponse(failure: StoredFailure, own?: JsonReader): ServerResponse | undefined {
  if (failure.status === undefined) return undefined
  const text = failure.body ?? ''
  let body: unknown
  try {
    body = bodyOf(text, own)
  } catch {
    body = bodyOf(text)
  }
  return { status: failure.status, headers: failure.headers ?? {}, body, problem: problemOf(body) }
}

/** The body, parsed by the user's own reader, or as plain JSON if that reader fails. */
export function ownBody(answer: Answer, own: JsonReader | undefined): unknown {
  try {
    return serverResponse(answer, own).body
  } catch {
    return serverResponse(answer).body
  }
}

/** The part of a response's body that is its result, parsed by the user's own reader. */
export function ownPart(answer: Answer, part: unknown, own: JsonReader | undefined): unknown {
  const name = own && answer.body.kind === 'whole' ? partNamed(answer.body.parsed, part) : undefined
  const body = name === undefined ? undefined : ownBody(answer, own)
  const read = typeof body === 'object' && body !== null ? Reflect.get(body, name ?? '') : undefined
  return read === undefined ? part : read
}

/** RFC 9457: `type` defaults to about:blank. An object with neither type nor title is no problem document. */
function problemOf(parsed: unknown): ServerResponse['problem'] {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined
  const { type, title, status, detail, instance } = parsed as Readonly<Record<string, unknown>>
  if (typeof type !== 'string' && typeof title !== 'string') return undefined
  return {
    type: typeof type === 'string' ? type : 'about:blank',
    title: optionalText(title),
    status: typeof status === 'number' ? status : undefined,
    detail: optionalText(detail),
    instance: optionalText(instance),
  }
}

function optionalText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** A stored body: parsed if it is JSON (`null` is), else text; undefined if it is empty. */
export function bodyOf(text: string, own?: JsonReader): unknown {
  const parsed = parseJson(text)
  if (parsed !== undefined && own !== undefined) return own(text)
  return parsed === undefined && text !== '' ? text : parsed
}

export function parseJson(value: string): unknown {
  try {
    return JSON.parse(value)
  } catch {
    return undefined
  }
}
