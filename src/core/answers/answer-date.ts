import type { Answer } from './evidence.ts'
import { parseExactDate } from './http-date.ts'

/*
 * Whose `Date` counts as the server's time. Three kinds of answer have a `Date` from another clock: one from a cache,
 * which has an age; a page, which something in front of the server made; and the answer at the end of a redirect, which
 * another target gave.
 */

/**
 * If an answer comes this long after its request, by the wall clock, the device may have slept in between, and the
 * answer's `Date` is an old one.
 */
const OVERSLEPT_MS = 60_000

/** The problems with which a server of this package refuses a time. Only in these is `date` the server's own. */
const OF_TIME = ['urn:stillonce:key-expired', 'urn:stillonce:first-sent-invalid']

/** The server's time in an answer, epoch ms; undefined if the answer has none that counts. */
export function serverDateOf(
  answer: Answer,
  about: {
    /** The profile is `stillonce`. Its servers give their time to the millisecond in the problems about times. */
    readonly isStillonce: boolean
    readonly leftAt: number
    readonly nowAt: number
  },
): ReturnType<typeof parseExactDate> {
  const { isStillonce, leftAt, nowAt } = about
  if (!isServersOwn(answer) || nowAt - leftAt > OVERSLEPT_MS) return undefined
  return parseExactDate(
    (isStillonce ? dateOfProblem(answer) : undefined) ?? answer.headers['date'] ?? '',
    nowAt,
  )
}

function isServersOwn({ headers, body, ownTarget }: Answer): boolean {
  return headers['age'] === undefined && ownTarget && !(body.kind === 'whole' && body.form === 'html')
}

/** A problem about the time holds the server's time to the millisecond, in a place that every page can read. */
function dateOfProblem({ body }: Answer): string | undefined {
  const said: unknown = body.kind === 'whole' ? body.parsed : undefined
  const fields: { readonly type?: unknown; readonly date?: unknown } =
    typeof said === 'object' && said !== null ? said : {}
  const { type, date } = fields
  return OF_TIME.some(own => own === type) && typeof date === 'string' ? date : undefined
}
