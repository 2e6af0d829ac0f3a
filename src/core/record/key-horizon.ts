import type { HorizonPolicy } from './horizon-margin.ts'
import { horizonMarginMs } from './horizon-margin.ts'

/*
 * P4: once the server may have forgotten the key, the client never sends with it again.
 *
 * Ages are not taken across clocks. If the record holds the server's time at the first send, and this process knows the
 * server's time now (server-clock.ts), the age is the difference of these two. Otherwise the age is the local clock's,
 * read as pessimistically as possible: by the greatest of its reading, the highest wall time that any runner stored in
 * the record, and the time that the server's clock shows to have passed since its first answer.
 */
/** What a record knows of its key's age. */
type Dated = {
  readonly firstSentAt?: number | undefined
  readonly firstSentServerAt?: number | undefined
  readonly keyRetentionMs?: number | undefined
  readonly serverOffsetMs?: number | undefined
  readonly highestSeenAt: number
}

/** What this process knows of the time. */
export type Clocks = {
  /** Now by the local clocks, the greater of both since the run began. */
  readonly nowAt: number
  /**
   * The wall clock's own reading, if it may be less than `nowAt`. A monotonic clock may stand still while the machine
   * sleeps.
   */
  readonly readingAt?: number | undefined
  /** Now by the server's clock, if that is known. */
  readonly serverNowAt?: number | undefined
  /** The same without the time that only the wall clock shows to have passed since the server's last answer. */
  readonly leastServerNowAt?: number | undefined
  /** Now by the server's last answer alone, which no other answer has confirmed yet. */
  readonly lastToldNowAt?: number | undefined
  /** By how much the wall clock was set back since that answer, at least. */
  readonly setBackMs?: number | undefined
  /** When the key was first sent, by the server's clock, if this process saw that send. */
  readonly firstSentServerAt?: number | undefined
}

/** Whether a send now may meet a server that has forgotten the key. */
export function isKeyExpired(record: Dated, policy: HorizonPolicy, clocks: Clocks): boolean {
  return whyExpired(record, policy, clocks) !== undefined
}

/**
 * Whether a key that counts as young may be old all the same, which the server's next answer will show. Either its last
 * answer shows an old key and no other answer has confirmed that, or the wall clock was set back since then, which
 * hides how long a machine slept whose monotonic clock stood still. This alone proves nothing: one wrong `Date` of one
 * node, or a clock that was put right, looks the same. So a run that has a way to ask asks before it uses the key
 * again.
 */
export function isAgeInDoubt(record: Dated, policy: HorizonPolicy, clocks: Clocks): boolean {
  const firstSentServerAt = record.firstSentServerAt ?? clocks.firstSentServerAt
  if (firstSentServerAt === undefined || clocks.lastToldNowAt === undefined) return false
  const { lifeMs, marginMs } = lifeOf(record, policy)
  return clocks.lastToldNowAt >= firstSentServerAt + lifeMs || (clocks.setBackMs ?? 0) > marginMs
}

/** How long a key may be sent, and the margin that is kept free after that. */
function lifeOf(
  record: Dated,
  policy: HorizonPolicy,
): { readonly lifeMs: number; readonly marginMs: number } {
  // The shorter of two retentions counts: the one stated when the key was first sent, and the one stated now.
  const retentionMs = Math.min(policy.retentionMs, record.keyRetentionMs ?? policy.retentionMs)
  const marginMs = horizonMarginMs({ ...policy, retentionMs })
  return { lifeMs: retentionMs - marginMs, marginMs }
}

/**
 * By which clock a key is too old to be sent, in words that follow "the server may have forgotten the key"; undefined
 * if it is not too old.
 */
export function whyExpired(record: Dated, policy: HorizonPolicy, clocks: Clocks): string | undefined {
  const { firstSentAt, highestSeenAt, serverOffsetMs } = record
  if (firstSentAt === undefined) return undefined
  const { lifeMs, marginMs } = lifeOf(record, policy)
  const { nowAt, serverNowAt } = clocks
  const firstSentServerAt = record.firstSentServerAt ?? clocks.firstSentServerAt
  if (firstSentServerAt !== undefined && serverNowAt !== undefined) {
    const { leastServerNowAt = serverNowAt } = clocks
    if (serverNowAt < firstSentServerAt + lifeMs) return undefined
    // Two days of sleep and a clock that was put right look alike until the server's next answer.
    return leastServerNowAt < firstSentServerAt + lifeMs
      ? ", by the server's own clock and by what has passed since on the clock of this device (if that clock was set meanwhile, the request is sent again once an answer of the server gives the time)"
      : ", by the server's own clock"
  }
  // A clock that went back by more than the margin does not show how much time has passed.
  if ((clocks.readingAt ?? nowAt) < highestSeenAt - marginMs)
    return ': the clock of this device went back, so the age of the key is not known'
  if (Math.max(nowAt, highestSeenAt) < firstSentAt + lifeMs) {
    const passedAt = serverNowAt === undefined ? nowAt : serverNowAt - (serverOffsetMs ?? serverNowAt - nowAt)
    return passedAt < firstSentAt + lifeMs
      ? undefined
      : ": by the server's clock more time has passed than by that of this device, so one of them was wrong or was set"
  }
  return firstSentServerAt === undefined
    ? ', by the clock of this device'
    : ', by the clock of this device (if that clock was set meanwhile, the request is sent again once answers of the server give the time)'
}
