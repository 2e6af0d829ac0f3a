import type { Answer } from './evidence.ts'

/** What an answer to a poll or a status query tells of the operation. */
export type StatusReading =
  | { readonly kind: 'executed'; readonly data: unknown; readonly form: 'body' | 'data' }
  | { readonly kind: 'not-executed'; readonly error?: unknown }
  | { readonly kind: 'processing' }
  | { readonly kind: 'absent' }
  | { readonly kind: 'inconclusive'; readonly reason: string }

/* Words that a finished resource may also carry (`created`, `new`, `ok`) are left out: they say nothing. */
const PROCESSING = new Set([
  'accepted',
  'in_progress',
  'inprogress',
  'not_started',
  'notstarted',
  'pending',
  'processing',
  'queued',
  'running',
  'waiting',
])
const EXECUTED = new Set(['complete', 'completed', 'done', 'finished', 'succeeded', 'success', 'successful'])
/** Something went wrong, in asking or in doing: neither proves anything. */
const UNCLEAR = new Set(['error', 'errored', 'expired', 'timed_out', 'timeout', 'unknown'])
const NOT_EXECUTED = new Set([
  'aborted',
  'canceled',
  'cancelled',
  'declined',
  'failed',
  'failure',
  'rejected',
])

/**
 * The usual forms, for definitions without `read`: 202 or a status word of the kinds above (Azure's
 * `status`, Google AIP-151's `done` with `error` or `response`); 404 and 410 absent; another 200 is the
 * executed operation's own body. Everything else is inconclusive: a failed poll is not a failed operation,
 * and 204 may as well mean that there is nothing to tell of.
 */
export function readStatus(answer: Answer): StatusReading {
  const { status, body } = answer
  if (status === 202) return { kind: 'processing' }
  if (status === 404 || status === 410) return { kind: 'absent' }
  if (status < 200 || status > 299) return { kind: 'inconclusive', reason: `the server answered ${status}` }
  if (body.kind === 'cut') return { kind: 'inconclusive', reason: 'the answer was cut' }
  if (body.form === 'html') return { kind: 'inconclusive', reason: 'an HTML page came instead of data' }
  const told = readStatusBody(body.parsed)
  if (told !== undefined) return told
  return status === 200
    ? { kind: 'executed', data: undefined, form: 'body' }
    : { kind: 'inconclusive', reason: `the server answered ${status} without a word on the status` }
}

/** What the body itself says, or undefined where it says nothing of progress. */
function readStatusBody(parsed: unknown): StatusReading | undefined {
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) return undefined
  const said = parsed as Readonly<Record<string, unknown>>
  const word = statusWord(said['status'] ?? said['state']) ?? ''
  if (said['done'] === false) return { kind: 'processing' }
  if (NOT_EXECUTED.has(word)) return { kind: 'not-executed', error: said['error'] ?? said['reason'] }
  if (UNCLEAR.has(word)) return { kind: 'inconclusive', reason: `the status is ${word}` }
  if (said['done'] === true) return longRunning(said)
  if (PROCESSING.has(word)) return { kind: 'processing' }
  return EXECUTED.has(word) ? executedWith(said) : undefined
}

/** Google AIP-151: `done` with `error` or `response`. */
function longRunning(said: Readonly<Record<string, unknown>>): StatusReading {
  return said['error'] === undefined || said['error'] === null
    ? executedWith(said)
    : { kind: 'not-executed', error: said['error'] }
}

function executedWith(said: Readonly<Record<string, unknown>>): StatusReading {
  for (const name of ['result', 'response', 'data']) {
    if (said[name] !== undefined && said[name] !== null)
      return { kind: 'executed', data: said[name], form: 'data' }
  }
  return { kind: 'executed', data: undefined, form: 'body' }
}

function statusWord(value: unknown): string | undefined {
  return typeof value === 'string' ? value.toLowerCase().replaceAll(/[\s-]/g, '_') : undefined
}
