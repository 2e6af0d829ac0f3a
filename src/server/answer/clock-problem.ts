import { formatExactDate } from '../../core/answers/http-date.ts'
import type { OwnAnswer } from '../core/problem.ts'
import { problem } from '../core/problem.ts'

/**
 * A problem with the time that a client sent. `date` is the server's own time with milliseconds: from it a client
 * whose clock is wrong works out when the key was first sent. The `Date` header does not help, because a page cannot
 * read it in an answer from another origin, and it has no milliseconds.
 */
export function clockProblem(
  code: 'key-expired' | 'first-sent-invalid',
  nowAt: number,
  detail?: string,
): OwnAnswer {
  const told = problem(code, detail === undefined ? {} : { detail })
  return { ...told, body: { ...told.body, date: formatExactDate(nowAt) } }
}
