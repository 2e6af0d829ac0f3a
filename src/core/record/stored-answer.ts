import type { StoredFailure, StoredResult } from './operation-record.ts'
import type { Answer } from '../answers/evidence.ts'

/* An answer as it is stored: a result, or a refusal. */

/** The reason of a refusal that the answer to a question brought; every other one is the answer to a send. */
export const ASKED_NOT_EXECUTED = 'the server says that the operation was not executed'

/** A result longer than this is given back once and then only its fact is kept: characters. */
export const LONGEST_RESULT = 1_048_576
/** A refusal's body beyond this says nothing that a program could use: characters. */
const LONGEST_FAILURE = 65_536

export function resultOf(answer: Answer, replayed: boolean): StoredResult | undefined {
  const { body, status } = answer
  if (body.kind !== 'whole') return undefined
  return { form: 'body', status, text: body.text, replayed }
}

export function failureOf(answer: Answer, code: StoredFailure['code'], reason: string): StoredFailure {
  const type = answer.headers['content-type']
  return {
    code,
    reason,
    status: answer.status,
    headers: type === undefined ? {} : { 'content-type': type },
    body: answer.body.text.length > LONGEST_FAILURE ? undefined : answer.body.text,
  }
}
