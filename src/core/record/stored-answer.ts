import type { StoredFailure, StoredResult } from './operation-record.ts'
import type { Answer } from '../answers/evidence.ts'

/* An answer as it is stored: a result, or a refusal. */

/** The reason of a refusal that came with the answer to an ask. Every other reason comes with the answer to a send. */
export const ASKED_NOT_EXECUTED = 'the server says that the operation was not executed'

/** A longer result is given back once, and then only its fact is kept: characters. */
export const LONGEST_RESULT = 1_048_576
/** A longer body of a refusal holds nothing that a program could use: characters. */
const LONGEST_FAILURE = 65_536

/**
 * The headers that are kept of an answer have at most this many characters together. Headers that do not fit are left
 * out.
 */
const LONGEST_HEADERS = 8_192

/** The result in the answer to an ask. */
export function resultOf({ body, status }: Answer, replayed: boolean): StoredResult | undefined {
  if (body.kind !== 'whole') return undefined
  return { form: 'body', status, text: body.text, replayed }
}

/** The result in the operation's own answer. */
export function ownResultOf(
  answer: Answer,
  replayed: boolean,
  kept: readonly string[],
): StoredResult | undefined {
  const { body, status } = answer
  if (body.kind !== 'whole') return undefined
  return { form: 'body', status, headers: headersToKeep(answer.headers, kept), text: body.text, replayed }
}

export function failureOf(
  answer: Answer,
  code: StoredFailure['code'],
  reason: string,
  kept: readonly string[] = [],
): StoredFailure {
  return {
    code,
    reason,
    status: answer.status,
    headers: headersToKeep(answer.headers, kept),
    body: answer.body.text.length > LONGEST_FAILURE ? undefined : answer.body.text,
  }
}

/**
 * The headers to keep: the content type, and those that the definition names (`keepResponseHeaders`). Names in lower
 * case.
 */
export function headersToKeep(
  headers: Answer['headers'],
  names: readonly string[],
): Readonly<Record<string, string>> {
  const kept: Record<string, string> = {}
  let length = 0
  for (const name of ['content-type', ...names]) {
    const value = headers[name]
    if (value === undefined || length + name.length + value.length > LONGEST_HEADERS) continue
    kept[name] = value
    length += name.length + value.length
  }
  return kept
}

/**
 * Whether a result is the answer to a request that performed the operation. Records from before 0.3.0 have no headers,
 * and a replay in one of them may have been the answer to an ask.
 */
export function isAnswerToSend({ form, status, headers, replayed }: StoredResult): boolean {
  return headers !== undefined || (form === 'body' && status !== undefined && !replayed)
}
