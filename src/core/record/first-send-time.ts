import { formatExactDate, formatHttpDate } from '../answers/http-date.ts'
import type { ClockReading, ServerClock } from './server-clock.ts'
import { exactServerTimeAt, likelyServerTimeAt } from './server-clock.ts'

/** How far a clock may be off before somebody has to correct it: the time of an answer on its way is in it, ms. */
const RIGHT_MS = 60_000

/** When the key was first sent, epoch ms; `isExact`: its milliseconds are given too. */
export type FirstSendTime = { readonly at: number; readonly isExact: boolean }

/**
 * The time that is given to the server for the first send. A clock that is wrong by days would make a fresh key look
 * forgotten: where this very process first sent it, the server's own time corrects the local one, by one answer too.
 * An old key does not become young by that: both local clocks must agree on how long ago it was. Milliseconds are given
 * to a server that has given its own: its memory may be younger than a second.
 */
export function firstSendTime(about: {
  /** Of the record. */
  readonly firstSentAt: number | undefined
  readonly firstSentServerAt: number | undefined
  readonly clock: ServerClock
  /** When this process first sent the key, where nobody had sent it before. */
  readonly firstSend: ClockReading | undefined
}): FirstSendTime | undefined {
  const { firstSentAt, firstSentServerAt, clock, firstSend } = about
  if (firstSentAt === undefined) return undefined
  const exact = firstSend && exactServerTimeAt(clock, firstSend)
  const byServer = exact ?? firstSentServerAt ?? (firstSend && likelyServerTimeAt(clock, firstSend))
  const isExact = exact !== undefined
  if (byServer === undefined) return { at: firstSentAt, isExact }
  // A clock that is right is given as it is. One that is some seconds slow is not: by the server's clock the key may
  // have been first sent after a memory began that is as young as that. What the server gives is never too late.
  const isRight = Math.abs(byServer - firstSentAt) < RIGHT_MS
  return { at: isRight ? Math.max(firstSentAt, byServer) : byServer, isExact }
}

/** As the value of the header that goes with a send. */
export function firstSendOfSend({ at, isExact }: FirstSendTime): string {
  return isExact ? formatExactDate(at) : formatHttpDate(at)
}

/**
 * With an ask. The time that the record has is given to a server of this package with its milliseconds too: its memory may be
 * younger than the key by less than a second. Other servers know nothing of milliseconds.
 */
export function firstSendOfAsk(
  { at, isExact }: FirstSendTime,
  { isStillonce, firstSentAt }: { readonly isStillonce: boolean; readonly firstSentAt: number | undefined },
): string {
  return firstSendOfSend({ at, isExact: isExact || (isStillonce && at === firstSentAt) })
}
