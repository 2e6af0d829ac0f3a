/** Counts of open operations, from one round over all scopes. */
export type RoundCounts = {
  open: number
  left: number
  refused: number
  unknown: number
  oldestAt: number | undefined
}

export const NOTHING_SEEN: Readonly<RoundCounts> = {
  open: 0,
  left: 0,
  refused: 0,
  unknown: 0,
  oldestAt: undefined,
}

/** Notes an operation that was begun at this time. */
export function saw(seen: RoundCounts, createdAt: number | undefined): void {
  if (createdAt !== undefined) seen.oldestAt = Math.min(seen.oldestAt ?? createdAt, createdAt)
}
