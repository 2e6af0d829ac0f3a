import type { FailedRecord, StoredResult } from '../core/record/operation-record.ts'
import { ASKED_NOT_EXECUTED, headersToKeep, isAnswerToSend } from '../core/record/stored-answer.ts'
import type { Answer } from '../core/answers/evidence.ts'

/**
 * The server's own response to the operation's request, if it decided the outcome. Undefined if a status request, a
 * seal or `conclude` decided, or if the response could not be kept. The same in every process. Not enumerable in the
 * object that has it.
 */
export type SettledResponse = {
  readonly status: number
  /** The content type, and the headers of `keepResponseHeaders`. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The body as it was sent: numbers beyond 2^53 are intact in it. */
  readonly text: string
}

/** The last response that this process received, and which of its headers are kept. */
export type AnswerContext = {
  readonly answer: Answer | undefined
  /** Headers to keep besides the content type; absent if `answer` is the response to a status request or a cancel. */
  readonly keepResponseHeaders?: readonly string[] | undefined
}

export function responseIn(result: StoredResult | undefined): SettledResponse | undefined {
  if (result?.status === undefined || !isAnswerToSend(result)) return undefined
  return { status: result.status, headers: result.headers ?? {}, text: result.text }
}

export function answered<End extends object>(settled: End, response: SettledResponse | undefined): End {
  if (response !== undefined) Object.defineProperty(settled, 'response', { value: response })
  return settled
}

/** The last response that this process itself received. */
export function answeredHere({ answer, keepResponseHeaders }: AnswerContext): SettledResponse | undefined {
  if (answer?.body.kind !== 'whole' || keepResponseHeaders === undefined) return undefined
  const { status, headers, body } = answer
  return { status, headers: headersToKeep(headers, keepResponseHeaders), text: body.text }
}

/**
 * The response that refused the operation itself; undefined if the failure came from a status request, a cancel or
 * somebody else.
 */
export function refusedWith({ failure }: FailedRecord, context: AnswerContext): SettledResponse | undefined {
  const { status, headers = {}, body } = failure
  const isOwn = failure.reason !== ASKED_NOT_EXECUTED && failure.code !== 'sealed'
  if (!isOwn || status === undefined) return undefined
  if (body !== undefined) return { status, headers, text: body }
  // The body was too long to be stored. The last response here may be a different one, if another process was refused.
  return context.answer?.status === status ? answeredHere(context) : undefined
}
