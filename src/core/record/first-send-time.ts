import { formatExactDate, formatHttpDate } from '../answers/http-date.ts'
import type { ClockReading, ServerClock } from './server-clock.ts'
import { exactServerTimeAt, likelyServerTimeAt } from './server-clock.ts'

/** How far a clock may be off before it has to be corrected, ms. The time of an answer on its way is included. */
const RIGHT_MS = 60_000

/** When the key was first sent, epoch ms; `isExact`: its milliseconds are given too. */
export type FirstSendTime = { readonly at: number; readonly isExact: boolean }

/**
 * The time of the first send, as it is given to the server. A clock that is wrong by days would make a fresh key look
 * forgotten. If this very process first sent the key, the server's own time corrects the local one, even by one answer.
 * That does not make an old key young, because both local clocks must agree on how long ago the send was. Milliseconds
 * are given to a server that has given its own, because its memory may be younger than a second.
 */
export function firstSendTime(about: {
  /** The times in the record. */
  readonly firstSentAt: number | undefined
  readonly firstSentServerAt: number | undefined
  readonly clock: ServerClock
  /** When this process first sent the key, if nobody had sent it before. */
  readonly firstSend: ClockReading | undefined
}): FirstSendTime | undefined {
  const { firstSentAt, firstSentServerAt, clock, firstSend } = about
  if (firstSentAt === undefined) return undefined
  const exact = firstSend && exactServerTimeAt(clock, firstSend)
  const byServer = exact ?? firstSentServerAt ?? (firstSend && likelyServerTimeAt(clock, firstSend))
  const isExact = exact !== undefined
  if (byServer === undefined) return { at: firstSentAt, isExact }
  // The time of a clock that is right is given as it is. A clock may also be some seconds slow, and by the server's
  // clock the key may then have been sent after the beginning of a memory that is only seconds old. So the later of
  // both times is given. The server's own time is never too late.
  const isRight = Math.abs(byServer - firstSentAt) < RIGHT_MS
  return { at: isRight ? Math.max(firstSentAt, byServer) : byServer, isExact }
}

/** The value of the header that goes with a send. */
export function firstSendOfSend({ at, isExact }: FirstSendTime): string {
  return isExact ? formatExactDate(at) : formatHttpDate(at)
}

/**
 * The value of the header that goes with an ask. A server of this package also gets the milliseconds of the time in the
 * record, because its memory may be younger than the key by less than a second. Other servers know nothing of
 * milliseconds.
 */
export function firstSendOfAsk(
  { at, isExact }: FirstSendTime,
  { isStillonce, firstSentAt }: { readonly isStillonce: boolean; readonly firstSentAt: number | undefined },
): string {
  return firstSendOfSend({ at, isExact: isExact || (isStillonce && at === firstSentAt) })
}
