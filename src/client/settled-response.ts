import type { FailedRecord, StoredResult } from '../core/record/operation-record.ts'
import { ASKED_NOT_EXECUTED, headersToKeep, isAnswerToSend } from '../core/record/stored-answer.ts'
import type { Answer } from '../core/answers/evidence.ts'

/**
 * The server's own answer to the operation's request, where that is what decided: undefined where a status answer, a seal or
 * `conclude` did, and where the answer could not be kept. The same in every process. Not enumerable in what holds it.
 */
export type SettledResponse = {
  readonly status: number
  /** The content type, and those of `keepResponseHeaders`. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** As it was: numbers beyond 2^53 are whole in it. */
  readonly text: string
}

/** What this process was answered last, and what is kept of it. */
export type AnswerContext = {
  readonly answer: Answer | undefined
  /** Headers that are kept beside the content type; absent where `answer` is to an ask or a cancel. */
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

/** What this process itself was answered last. */
export function answeredHere({ answer, keepResponseHeaders }: AnswerContext): SettledResponse | undefined {
  if (answer?.body.kind !== 'whole' || keepResponseHeaders === undefined) return undefined
  const { status, headers, body } = answer
  return { status, headers: headersToKeep(headers, keepResponseHeaders), text: body.text }
}

/** The refusal of the operation itself; what a question, a cancel or somebody else brought is none. */
export function refusedWith({ failure }: FailedRecord, context: AnswerContext): SettledResponse | undefined {
  const { status, headers = {}, body } = failure
  const isOwn = failure.reason !== ASKED_NOT_EXECUTED && failure.code !== 'sealed'
  if (!isOwn || status === undefined) return undefined
  if (body !== undefined) return { status, headers, text: body }
  // Too long to be kept. What was answered here last may be another answer, where another process was refused.
  return context.answer?.status === status ? answeredHere(context) : undefined
}
