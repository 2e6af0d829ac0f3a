import type { Answer } from '../core/evidence.ts'
import { parseHttpDate } from '../core/http-date.ts'
import { likelyServerTimeAt } from '../core/server-clock.ts'
import type { Execution } from './execution.ts'

/** Takes the `Date` of an answer into what is known of its server's clock; gives the server's clock less ours, ms. */
export function seeDate(x: Execution, answer: Answer, from: URL): number | undefined {
  const { reading } = x
  const serverAt = parseHttpDate(answer.headers['date'] ?? '', reading.nowAt)
  if (serverAt === undefined || !isServersOwn(answer)) return undefined
  x.engine.serverClocks.saw(from.origin, { ...reading, serverAt })
  return serverAt - reading.nowAt
}

/** A cache's answer has an age, and a page was made by whoever stands before the server: theirs is another's clock. */
function isServersOwn({ headers, body, ownTarget }: Answer): boolean {
  return headers['age'] === undefined && ownTarget && !(body.kind === 'whole' && body.form === 'html')
}

/**
 * The time that the server is told for the first send. A clock that is wrong by days would make a fresh key look
 * forgotten: where this very process first sent it, the server's own `Date` corrects the local time, by one answer too.
 * An old key does not become young by that: both local clocks must agree on how long ago it was.
 */
export function firstSentToTell(x: Execution): number | undefined {
  const { firstSentAt, firstSentServerAt } = x.record ?? {}
  if (firstSentServerAt !== undefined || x.firstSend === undefined) return firstSentServerAt ?? firstSentAt
  return likelyServerTimeAt(x.engine.serverClocks.of(x.origin), x.firstSend) ?? firstSentAt
}
