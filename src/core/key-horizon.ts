/**
 * P4: once the server may have forgotten the key, the client never sends with it again.
 *
 * The age of a key is judged by the most pessimistic clock there is: the reading, the highest wall time
 * that any runner stored in the record, and the server's own Date where answers had one.
 */
const LEAST_MARGIN_MS = 60_000

export type HorizonPolicy = { readonly retentionMs: number; readonly timeoutMs: number }

/** Kept free before the end of retention: max(10 %, 2 x timeout, 60 s). */
export function horizonMarginMs(policy: HorizonPolicy): number {
  return Math.max(policy.retentionMs / 10, 2 * policy.timeoutMs, LEAST_MARGIN_MS)
}

/** Whether a send at `nowAt` may meet a server that has forgotten the key. */
export function isKeyExpired(
  record: { readonly firstSentAt?: number | undefined; readonly highestSeenAt: number },
  policy: HorizonPolicy,
  nowAt: number,
): boolean {
  if (record.firstSentAt === undefined) return false
  const margin = horizonMarginMs(policy)
  // A clock that went back by more than the margin says nothing about how much time has passed.
  if (nowAt < record.highestSeenAt - margin) return true
  return Math.max(nowAt, record.highestSeenAt) >= record.firstSentAt + policy.retentionMs - margin
}

/**
 * The highest wall time known after an answer with a server Date: the first such answer fixes the offset
 * between the clocks; if the server's clock has since advanced further than ours, ours has lost time.
 */
export function seenWithServerDate(
  record: { readonly highestSeenAt: number; readonly serverOffsetMs?: number | undefined },
  nowAt: number,
  serverAt: number | undefined,
): { readonly highestSeenAt: number; readonly serverOffsetMs?: number | undefined } {
  const highestSeenAt = Math.max(record.highestSeenAt, nowAt)
  if (serverAt === undefined) return { highestSeenAt, serverOffsetMs: record.serverOffsetMs }
  if (record.serverOffsetMs === undefined) return { highestSeenAt, serverOffsetMs: serverAt - nowAt }
  return {
    highestSeenAt: Math.max(highestSeenAt, serverAt - record.serverOffsetMs),
    serverOffsetMs: record.serverOffsetMs,
  }
}
