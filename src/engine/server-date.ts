import type { Answer } from '../core/evidence.ts'
import { parseHttpDate } from '../core/http-date.ts'
import { likelyServerTimeAt, serverTimeAt } from '../core/server-clock.ts'
import type { Execution } from './execution.ts'

/** An answer that came so long after its request, by the wall clock, may have been slept through: its `Date` is an old one. */
const OVERSLEPT_MS = 60_000

/**
 * Takes the `Date` of an answer to a request that left at `leftAt` into what is known of its server's clock; gives the
 * server's clock less ours, ms, once another answer confirms it: kept in the record, the wrong one of one node would make
 * the key look old for good.
 */
export function seeDate(x: Execution, answer: Answer, from: URL, leftAt: number): number | undefined {
  const { reading } = x
  const serverAt = parseHttpDate(answer.headers['date'] ?? '', reading.nowAt)
  if (serverAt === undefined || !isServersOwn(answer) || reading.nowAt - leftAt > OVERSLEPT_MS)
    return undefined
  x.engine.serverClocks.saw(from.origin, { ...reading, serverAt })
  const confirmedAt = serverTimeAt(x.engine.serverClocks.of(from.origin), reading)
  return confirmedAt === undefined ? undefined : confirmedAt - reading.nowAt
}

/** A cache's answer has an age, and a page was made by whoever stands before the server: theirs is another's clock. */
function isServersOwn({ headers, body, ownTarget }: Answer): boolean {
  return headers['age'] === undefined && ownTarget && !(body.kind === 'whole' && body.form === 'html')
}

/** So little off is a clock that nobody has to correct: the time of an answer on its way is in it, ms. */
const RIGHT_MS = 60_000

/**
 * The time that the server is told for the first send. A clock that is wrong by days would make a fresh key look
 * forgotten: where this very process first sent it, the server's own `Date` corrects the local time, by one answer too.
 * An old key does not become young by that: both local clocks must agree on how long ago it was.
 */
export function firstSentToTell(x: Execution): number | undefined {
  const { firstSentAt, firstSentServerAt } = x.record ?? {}
  const seen = x.firstSend && likelyServerTimeAt(x.engine.serverClocks.of(x.origin), x.firstSend)
  const byServer = firstSentServerAt ?? seen
  if (byServer === undefined || firstSentAt === undefined) return firstSentAt
  // A clock that is right is told as it is. One that is some seconds slow is not: by the server's clock the key may
  // have been first sent after a memory began that is as young as that. What the server's `Date` gives is never too late.
  return Math.abs(byServer - firstSentAt) < RIGHT_MS ? Math.max(firstSentAt, byServer) : byServer
}
