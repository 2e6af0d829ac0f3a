import type { Answer } from '../../core/answers/evidence.ts'
import { formOf, isJsonType } from '../../core/answers/body-form.ts'
import type { ServerResponse } from '../../public/errors.ts'

/** A longer text is not suited to be shown beside a button. */
const LONGEST = 300

/** Matches a page, and JSON in a text; `[E12] No funds` is a sentence. */
const MARKUP_OR_DATA = /^(?:[<{]|\[\s*["[{])/

/** Control characters, and marks that change the direction of neighbouring text. */
const UNSEEN = /[\p{Cc}\u061C\u200B\u200E\u200F\u2028-\u202E\u2060-\u2069\uFEFF]+/gu

/**
 * The server's own message about a refusal, for people: the sentence in a 4xx response that came as data, at most 300
 * characters, on one line. Show it as text, never as markup. Undefined if the response has none, or if it was cut: half
 * a sentence may mean the opposite.
 */
export function serverMessageOf(response: ServerResponse | undefined, answer?: Answer): string | undefined {
  if (response === undefined || response.status < 400 || response.status > 499) return undefined
  if (answer?.body.kind === 'cut' && answer.body.why !== 'doubtful') return undefined
  const { headers, body } = response
  if (typeof body !== 'string') return firstSentence(sentences(body, response.problem))
  return isSpoken(body, headers['content-type']) ? firstSentence([body]) : undefined
}

/**
 * The same for a refusal that a status request reports (`error` beside a status of failure, or the value of `read`).
 */
export function saidOfRefusal(error: unknown): string | undefined {
  return firstSentence(typeof error === 'string' ? asSentence(error) : sentences(error, undefined))
}

function firstSentence(texts: readonly unknown[]): string | undefined {
  return texts
    .map(text => (typeof text === 'string' ? oneLine(text) : ''))
    .find(text => text !== '' && !MARKUP_OR_DATA.test(text))
}

/**
 * The places where servers put the message, the most likely first: RFC 9457, OAuth (RFC 6749 5.2), JSON:API, and common
 * habits.
 */
function sentences(body: unknown, problem: ServerResponse['problem']): readonly unknown[] {
  const own = fields(Array.isArray(body) ? body[0] : body)
  const { error, errors } = own
  return [
    problem?.detail,
    ...spokenIn(fields(error)),
    ...spokenIn(own),
    fields(firstOf(own['detail']))['msg'],
    ...spokenIn(fields(firstOf(errors))),
    fields(firstOf(errors))['title'],
    firstOf(errors),
    // By field: `{ errors: { amount: ['is too high'] } }`.
    ...Object.values(fields(errors)).flatMap(said => asSentence(Array.isArray(said) ? said[0] : said)),
    own['error_message'],
    own['errorMessage'],
    problem?.title,
    own['title'],
    ...asSentence(error),
  ]
}

/** The messages in one object. */
function spokenIn(own: Readonly<Record<string, unknown>>): readonly unknown[] {
  const { message, Message, msg, error_description, detail, description } = own
  return [message, firstOf(message), Message, msg, error_description, detail, description]
}

/** A value that is a code in most responses and a sentence in some. */
function asSentence(value: unknown): readonly string[] {
  return typeof value === 'string' && value.includes(' ') ? [value] : []
}

/** Whether the server meant a text as a message. If it comes from a proxy or a file, nobody knows whom it is for. */
function isSpoken(text: string, contentType: string | undefined): boolean {
  const isText = contentType === undefined || /^\s*text\/plain\b/i.test(contentType)
  return (isText || isJsonType(contentType)) && formOf(text, contentType) === 'other'
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
  // Half a surrogate pair is not a character.
  return line.slice(0, LONGEST).replace(/[\uD800-\uDBFF]$/, '')
}
