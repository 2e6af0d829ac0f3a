import { serverClocksOf } from '../server-memory.ts'
import type { Answer } from '../../core/answers/evidence.ts'
import { parseExactDate } from '../../core/answers/http-date.ts'
import { exactServerTimeAt, likelyServerTimeAt, serverTimeAt } from '../../core/record/server-clock.ts'
import type { RunFacts } from '../run/run-facts.ts'

/** An answer that came so long after its request, by the wall clock, may have been slept through: its `Date` is an old one. */
const OVERSLEPT_MS = 60_000

/**
 * Takes the `Date` of an answer to a request that left at `leftAt` into what is known of its server's clock; gives the
 * server's clock less ours, ms, once another answer confirms it: kept in the record, the wrong one of one node would make
 * the key look old for good.
 */
export function seeDate(x: RunFacts, answer: Answer, from: URL, leftAt: number): number | undefined {
  const { reading } = x
  const told = parseExactDate(dateOf(x, answer), reading.nowAt)
  if (told === undefined || !isServersOwn(answer) || reading.nowAt - leftAt > OVERSLEPT_MS) return undefined
  serverClocksOf(x.engine).saw(from.origin, { ...reading, serverAt: told.at, isExact: told.isExact })
  const confirmedAt = serverTimeAt(serverClocksOf(x.engine).of(from.origin), reading)
  return confirmedAt === undefined ? undefined : confirmedAt - reading.nowAt
}

/** The problems with which a server of this package refuses a time: only there is `date` its own. */
const OF_TIME = ['urn:stillonce:key-expired', 'urn:stillonce:first-sent-invalid']

/** Such a problem tells the server's time to the millisecond, in a place that every page can read. */
function dateOf(x: RunFacts, { headers, body }: Answer): string {
  const said = body.kind === 'whole' && x.plan.settings.profile.name === 'stillonce' ? body.parsed : undefined
  const { type, date } = (typeof said === 'object' && said !== null ? said : {}) as {
    readonly type?: unknown
    readonly date?: unknown
  }
  const isOfTime = OF_TIME.some(own => own === type)
  return isOfTime && typeof date === 'string' ? date : (headers['date'] ?? '')
}

/** A cache's answer has an age, and a page was made by whoever stands before the server: theirs is another's clock. */
function isServersOwn({ headers, body, ownTarget }: Answer): boolean {
  return headers['age'] === undefined && ownTarget && !(body.kind === 'whole' && body.form === 'html')
}

/** So little off is a clock that nobody has to correct: the time of an answer on its way is in it, ms. */
const RIGHT_MS = 60_000

/** When the key was first sent, epoch ms; `isExact`: the milliseconds are told too. */
type FirstSendToTell = { readonly at: number; readonly isExact: boolean }

/**
 * The time that the server is told for the first send. A clock that is wrong by days would make a fresh key look
 * forgotten: where this very process first sent it, the server's own time corrects the local one, by one answer too.
 * An old key does not become young by that: both local clocks must agree on how long ago it was. Milliseconds are told
 * to a server that has told its own: its memory may be younger than a second.
 */
export function firstSentToTell(x: RunFacts): FirstSendToTell | undefined {
  const { firstSentAt, firstSentServerAt } = x.record ?? {}
  if (firstSentAt === undefined) return undefined
  const clock = serverClocksOf(x.engine).of(x.origin)
  const exact = x.firstSend && exactServerTimeAt(clock, x.firstSend)
  const byServer = exact ?? firstSentServerAt ?? (x.firstSend && likelyServerTimeAt(clock, x.firstSend))
  const isExact = exact !== undefined
  if (byServer === undefined) return { at: firstSentAt, isExact }
  // A clock that is right is told as it is. One that is some seconds slow is not: by the server's clock the key may
  // have been first sent after a memory began that is as young as that. What the server tells is never too late.
  const isRight = Math.abs(byServer - firstSentAt) < RIGHT_MS
  return { at: isRight ? Math.max(firstSentAt, byServer) : byServer, isExact }
}
