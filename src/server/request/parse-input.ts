import type { ServerAnswer } from '../answer/answer.ts'
import { isResponse, respond } from '../answer/answers.ts'
import type { OwnAnswer } from '../core/problem.ts'
import { problem } from '../core/problem.ts'
import type { AskedRequest } from './asked.ts'
import { answerOfNotExecuted, isNotExecuted } from '../answer/not-executed.ts'

/**
 * Reads a request before its key is claimed. The result becomes `execution.input`. If `parse` throws, or returns a
 * Response instead of the input, that is the answer, and the key stays free. `'json'`: the body must be JSON;
 * otherwise the answer is a 400 `body-malformed`.
 */
export type Parse<Input = unknown> =
  | 'json'
  | ((request: Request) => Input | Response | Promise<Input | Response>)

export type Parsed =
  | { readonly kind: 'input'; readonly input: unknown }
  | { readonly kind: 'refused'; readonly told: OwnAnswer }
  | { readonly kind: 'answered'; readonly response: Response }
  | { readonly kind: 'threw'; readonly error: unknown }

/** Never rejects, and leaves the request's body unread. */
export function parseInput(
  parse: Parse | undefined,
  asked: AskedRequest,
  bytes: Uint8Array<ArrayBuffer>,
): Parsed | Promise<Parsed> {
  if (parse === undefined) return { kind: 'input', input: undefined }
  return parse === 'json' ? parseJson(bytes) : parseBy(parse, asked, bytes)
}

async function parseBy(
  parse: Exclude<Parse, 'json'>,
  asked: AskedRequest,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<Parsed> {
  try {
    const given: unknown = await parse(copyOf(asked.request(), bytes))
    return isResponse(given) ? { kind: 'answered', response: given } : { kind: 'input', input: given }
  } catch (error) {
    return { kind: 'threw', error }
  }
}

function parseJson(bytes: Uint8Array): Parsed {
  try {
    return { kind: 'input', input: JSON.parse(decoder.decode(bytes)) as unknown }
  } catch {
    return { kind: 'refused', told: problem('body-malformed') }
  }
}

/** The answer that `parse` gave instead of the handler. Throws the error of `parse`, for the framework. */
export function answerOfParse(
  parsed: Exclude<Parsed, { kind: 'input' }>,
  retryAfterMs: number,
): ServerAnswer {
  switch (parsed.kind) {
    case 'refused':
      return respond(parsed.told)
    case 'answered':
      return parsed.response
    case 'threw':
      if (isNotExecuted(parsed.error)) return answerOfNotExecuted(parsed.error, retryAfterMs)
      throw parsed.error
    default:
      return parsed satisfies never
  }
}

/** Bytes that are not UTF-8 are not JSON: RFC 8259 8.1. A byte order mark is dropped, as `request.json()` does. */
const decoder = new TextDecoder('utf-8', { fatal: true })

function copyOf(request: Request, bytes: Uint8Array<ArrayBuffer>): Request {
  const { url, method, headers, signal } = request
  return new Request(url, { method, headers, signal, ...(bytes.byteLength > 0 && { body: bytes }) })
}
