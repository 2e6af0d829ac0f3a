/*
 * The server's own answers, as values: RFC 9457 problems with stable types, and the status of a key. A client
 * distinguishes problems by `type` or `code`, never by `detail`.
 */

export type ProblemCode = keyof typeof PROBLEMS

/** An answer before it becomes a Response. */
export type OwnAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: Readonly<Record<string, unknown>>
}

const PROBLEM_TYPE = 'urn:stillonce:'

/** Status, title and default detail of each problem. */
export const PROBLEMS = {
  'key-missing': [400, 'A key is missing', 'Send an Idempotency-Key: one for each operation.'],
  'key-invalid': [400, 'The key is not well-formed', undefined],
  'first-sent-invalid': [400, 'The first-send time is not well-formed', undefined],
  'body-unreadable': [400, 'The request body ended early', 'Nothing was executed. Send it again.'],
  'body-malformed': [400, 'The request body is not JSON', 'Nothing was executed. The key is free.'],
  'body-too-large': [413, 'The request body is too large', undefined],
  'scope-invalid': [
    500,
    'The owner of the key is not known',
    'Nothing was executed. The server has to be repaired.',
  ],
  'key-unknown': [404, 'Nothing is known of this key', 'The key was never used here, or it was forgotten.'],
  'in-progress': [409, 'The operation is in progress', 'Ask again later, with the same key or at Location.'],
  'payload-mismatch': [422, 'The key was used for another request', 'Use a new key for a new operation.'],
  sealed: [
    410,
    'The key is sealed',
    'The operation was cancelled before it was executed, and never will be.',
  ],
  'not-executed': [
    410,
    'The operation was not executed',
    'This was found out later: the operation never will be executed.',
  ],
  'key-expired': [
    412,
    'The key is too old',
    'What became of the operation may have been forgotten: nothing was executed now.',
  ],
  'too-many-open': [
    429,
    'Too many operations are open',
    'Nothing was executed. They wait to be concluded, or to grow old.',
  ],
  'nothing-happened': [503, 'The operation was not executed now', 'Send it again with the same key.'],
  'store-unavailable': [
    503,
    'The operation was not executed now',
    'Keys cannot be stored. Send it again later.',
  ],
  'outcome-unknown': [
    500,
    'Whether the operation was executed is not known',
    'The operation is not executed again. Ask for its status, or have it looked into.',
  ],
} as const satisfies Record<string, readonly [status: number, title: string, detail: string | undefined]>

export function problem(
  code: ProblemCode,
  {
    status,
    detail,
    headers,
  }: {
    readonly status?: number
    readonly detail?: string
    readonly headers?: Readonly<Record<string, string>>
  } = {},
): OwnAnswer {
  const [usual, title, usualDetail] = PROBLEMS[code]
  return {
    status: status ?? usual,
    headers: { ...headers, 'content-type': 'application/problem+json' },
    body: {
      type: `${PROBLEM_TYPE}${code}`,
      title,
      status: status ?? usual,
      detail: detail ?? usualDetail,
      code,
    },
  }
}

/** Delay in seconds, at least one: RFC 9110 10.2.3. */
export function retryAfter(delayMs: number): { readonly 'retry-after': string } {
  return { 'retry-after': String(Math.max(1, Math.ceil(delayMs / 1000))) }
}
