import type { ServerResponse } from '../../public/errors.ts'

/** Longer texts are no sentence for a button's neighbour. */
const LONGEST = 300

/** A page, and what is left of JSON that was cut. */
const MARKUP_OR_DATA = /^[<{["]/

/** Controls, and marks that turn the direction of what stands beside them. */
const UNSEEN = /[\p{Cc}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]+/gu

/**
 * What the server itself said of a refusal, for people: the sentence in a 4xx that came as data, at most 300 characters, on
 * one line. To be shown as text, never as markup. Undefined where the answer has none.
 */
export function serverMessageOf(response: ServerResponse | undefined): string | undefined {
  if (response === undefined || response.status < 400 || response.status > 499) return undefined
  return sentences(response)
    .map(text => (typeof text === 'string' ? oneLine(text) : ''))
    .find(text => text !== '' && !MARKUP_OR_DATA.test(text))
}

/** Where servers put it, the most likely first: RFC 9457, OAuth (RFC 6749 5.2), JSON:API, and what many do. */
function sentences({ body, problem }: ServerResponse): readonly unknown[] {
  if (typeof body === 'string') return [body]
  const own = fields(body)
  const error = fields(own['error'])
  const first = fields(firstOf(own['errors']))
  const detail = fields(firstOf(own['detail']))
  return [
    problem?.detail,
    problem?.title,
    error['message'],
    own['message'],
    own['error_description'],
    own['detail'],
    detail['msg'],
    first['message'],
    first['detail'],
    first['title'],
    firstOf(own['errors']),
    own['error_message'],
    own['errorMessage'],
    own['title'],
    spoken(own['error']),
  ]
}

/** `error` is a code in most answers, and a sentence in some. */
function spoken(value: unknown): unknown {
  return typeof value === 'string' && value.includes(' ') ? value : undefined
}

function firstOf(value: unknown): unknown {
  return Array.isArray(value) ? value[0] : undefined
}

function fields(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {}
}

function oneLine(text: string): string {
  const line = text
    .slice(0, 4 * LONGEST)
    .replaceAll(/\s+/g, ' ')
    .replaceAll(UNSEEN, '')
    .trim()
  // Half a surrogate pair is no text.
  return line.slice(0, LONGEST).replace(/[\uD800-\uDBFF]$/, '')
}
