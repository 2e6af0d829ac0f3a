/** How many records are settled between two sweeps. */
const SETTLED_BETWEEN = 256
const SWEPT_AT_ONCE = 1_000

export type Sweeper = {
  /** Notes that a record was settled. */
  readonly settled: () => void
  /** Resolves when no sweep is running. */
  readonly end: () => Promise<void>
}

/**
 * Deletes expired records in batches, beside the writes, faster than records expire. A sweep that fails is left to
 * the next sweep: readers treat expired records as absent anyway.
 */
export function sweeper(sweep: (most: number) => Promise<number>): Sweeper {
  let settled = 0
  let underWay: Promise<void> | undefined
  let isEnded = false

  async function sweepAll(): Promise<void> {
    for (;;) {
      const swept = await sweep(SWEPT_AT_ONCE)
      if (swept < SWEPT_AT_ONCE || isEnded) return
    }
  }

  return {
    settled: () => {
      settled += 1
      if (settled < SETTLED_BETWEEN || underWay !== undefined || isEnded) return
      settled = 0
      underWay = sweepAll()
        .catch(() => {})
        .finally(() => {
          underWay = undefined
        })
    },
    end: async () => {
      isEnded = true
      await underWay
    },
  }
}
