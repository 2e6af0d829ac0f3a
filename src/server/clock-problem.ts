import { formatExactDate } from '../core/http-date.ts'
import type { Told } from './core/told.ts'
import { problem } from './core/told.ts'

/**
 * A problem with the time that a client tells. `date` is the server's own, with its milliseconds: a client whose clock
 * is wrong tells by it when the key was first sent. A page cannot read the `Date` of another origin's answer, and that
 * has no milliseconds.
 */
export function clockProblem(
  code: 'key-expired' | 'first-sent-invalid',
  nowAt: number,
  detail?: string,
): Told {
  const told = problem(code, detail === undefined ? {} : { detail })
  return { ...told, body: { ...told.body, date: formatExactDate(nowAt) } }
}
