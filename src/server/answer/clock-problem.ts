import { formatExactDate } from '../../core/answers/http-date.ts'
import type { OwnAnswer } from '../core/problem.ts'
import { problem } from '../core/problem.ts'

/**
 * A problem with the time that a client sent. `date` is the server's own, with its milliseconds: a client whose clock
 * is wrong works out from it when the key was first sent. A page cannot read the `Date` of another origin's answer, and that
 * has no milliseconds.
 */
export function clockProblem(
  code: 'key-expired' | 'first-sent-invalid',
  nowAt: number,
  detail?: string,
): OwnAnswer {
  const told = problem(code, detail === undefined ? {} : { detail })
  return { ...told, body: { ...told.body, date: formatExactDate(nowAt) } }
}
