/** How many records settle between two looks for what has expired. */
const SETTLED_BETWEEN = 256
const SWEPT_AT_ONCE = 1_000

export type Sweeper = {
  /** A record was settled. */
  readonly settled: () => void
  /** Resolves when no sweep is under way. */
  readonly end: () => Promise<void>
}

/**
 * Drops what has expired, in batches, beside the writes: more goes than came. A sweep that fails is left to the next one;
 * what has expired is absent to every reader all the same.
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
