/*
 * How far back the memory of a server reaches. It is as old as its store, and of what was written under a shorter
 * retention it keeps no more than that:
 *
 *   first sent before the store was born            nobody knows: it may have been executed before
 *   before the retention was changed                known for as long as the retention of that time
 *   since then                                      known for the retention of now
 *
 * The key of a request that is older than that, and of which nothing is stored, is refused.
 */
export type Memory = {
  /** Epoch ms. */
  readonly bornAt: number
  /** What is written is kept for so long. */
  readonly retentionMs: number
  /** What was written before an instant was kept for so long. */
  readonly earlier: readonly { readonly until: number; readonly retentionMs: number }[]
}

/**
 * How long after a change other processes may still write under the retention from before: they look once a minute, and
 * their clocks may be a minute apart.
 */
export const HANDOVER_MS = 120_000

/** Changes that are kept apart, at most; of older ones the worst is assumed. */
const MOST_CHANGES = 8

export function bornMemory(bornAt: number, retentionMs: number): Memory {
  return { bornAt, retentionMs, earlier: [] }
}

/** The memory of a server with this retention from now on; the same where nothing changes. */
export function withRetention(memory: Memory, retentionMs: number, nowAt: number): Memory {
  if (memory.retentionMs === retentionMs) return memory
  const [first, second, ...others] = [
    ...memory.earlier,
    { until: nowAt + HANDOVER_MS, retentionMs: memory.retentionMs },
  ]
  if (first === undefined || second === undefined || others.length + 2 <= MOST_CHANGES) {
    const earlier = [first, second, ...others].filter(each => each !== undefined)
    return { ...memory, retentionMs, earlier }
  }
  const worst = {
    until: Math.max(first.until, second.until),
    retentionMs: Math.min(first.retentionMs, second.retentionMs),
  }
  return { ...memory, retentionMs, earlier: [worst, ...others] }
}

/** A store that was born later than it says, or put back from a copy. */
export function bornAgain(memory: Memory, bornAt: number): Memory {
  return bornAt > memory.bornAt ? { ...memory, bornAt } : memory
}

/** Of every key that was first sent since then something is stored if it was executed; epoch ms. */
export function rememberedSince({ bornAt, retentionMs, earlier }: Memory, nowAt: number): number {
  const ends = earlier.map(each => Math.min(each.until, nowAt - each.retentionMs))
  return Math.max(bornAt, nowAt - retentionMs, ...ends)
}

/**
 * A first-send time is sent in whole seconds (RFC 9110 5.6.7), and the one in which the memory begins counts as known, else
 * a server would refuse everybody in its first second. What proves that nothing happened is asked with an exact time.
 */
const SECOND_MS = 1_000

/** What a request says of when its key was first sent. */
export type FirstSend = { readonly at: number; readonly isExact: boolean }

/** Whether a key may have been executed and forgotten, or executed by a memory that is no more. */
export function isForgotten(
  firstSent: number | FirstSend | undefined,
  {
    memory,
    retentionMs,
    nowAt,
  }: { readonly memory: Memory; readonly retentionMs: number; readonly nowAt: number },
): boolean {
  if (firstSent === undefined) return false
  const { at, isExact } = typeof firstSent === 'number' ? { at: firstSent, isExact: false } : firstSent
  return at + retentionMs <= nowAt || at + (isExact ? 1 : SECOND_MS) <= rememberedSince(memory, nowAt)
}
