import { isOpenKey } from './decide.ts'
import type { KeyRecord, StoredAnswer } from './key-state.ts'
import type { OwnAnswer } from './problem.ts'
import { problem, retryAfter } from './problem.ts'

/**
 * The answer of the key's own URL. The words are those of other status resources, so that other clients can read them
 * too.
 */
export function statusOfKey(
  record: KeyRecord | undefined,
  context: { readonly nowAt: number; readonly retryAfterMs: number },
): OwnAnswer {
  if (record === undefined) return problem('key-unknown')
  if (isAtWork(record, context.nowAt)) return processing(record, context.retryAfterMs)
  switch (record.state) {
    case 'succeeded':
      return said(200, { status: 'succeeded', ...resultOf(record.answer) })
    case 'failed':
      return said(200, {
        status: record.why === 'sealed' ? 'canceled' : 'failed',
        ...errorOf(record.answer),
      })
    default:
      // Not a 2xx, so that a client that does not know this status never takes it for a result.
      return problem('outcome-unknown', { status: 409 })
  }
}

/** A stored 202 means that work goes on elsewhere. */
function isAtWork(record: KeyRecord, nowAt: number): boolean {
  if (record.state === 'processing') return nowAt < record.leaseUntil
  return !isOpenKey(record) && record.answer?.status === 202
}

function processing(record: KeyRecord, retryAfterMs: number): OwnAnswer {
  const location = answerOf(record)?.headers.find(([name]) => name === 'location')?.[1]
  const told = said(202, { status: 'processing' })
  const headers = { ...told.headers, ...retryAfter(retryAfterMs) }
  return { ...told, headers: location === undefined ? headers : { ...headers, location } }
}

function answerOf(record: KeyRecord): StoredAnswer | undefined {
  return record.state === 'processing' ? undefined : record.answer
}

function resultOf(answer: StoredAnswer | undefined): Readonly<Record<string, unknown>> {
  if (answer === undefined || !isReadable(answer)) return {}
  return { result: parsed(answer.body) ?? '' }
}

function errorOf(answer: StoredAnswer | undefined): Readonly<Record<string, unknown>> {
  if (answer === undefined || !isReadable(answer)) return {}
  return { error: parsed(answer.body), answered: answer.status }
}

/** Whether the body is text, and not compressed bytes that happen to be stored as text. */
function isReadable({ form, headers }: StoredAnswer): boolean {
  const encoding = headers.find(([name]) => name === 'content-encoding')?.[1]
  return form === 'text' && (encoding === undefined || /^\s*identity\s*$/i.test(encoding))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function said(status: number, body: Readonly<Record<string, unknown>>): OwnAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body }
}
