/*
 * How far back the memory of a server reaches. The memory is as old as its store. What was written under a shorter
 * retention is kept only for that retention:
 *
 *   first sent before the store existed             unknown: the key may have been executed before
 *   first sent before the retention was changed     known for the retention of that time
 *   first sent since then                           known for the present retention
 *
 * A key that is older than the memory, and for which nothing is stored, is refused.
 */
export type Memory = {
  /** Epoch ms. */
  readonly bornAt: number
  /** How long a record that is written now is kept. */
  readonly retentionMs: number
  /** Records written before `until` were kept for `retentionMs`. */
  readonly earlier: readonly { readonly until: number; readonly retentionMs: number }[]
}

/**
 * How long after a change of the retention other processes may still write with the old one: they check once a
 * minute, and their clocks may be a minute apart.
 */
export const HANDOVER_MS = 120_000

/** At most this many changes are remembered one by one. Older changes are merged into the worst case. */
const MOST_CHANGES = 8

export function bornMemory(bornAt: number, retentionMs: number): Memory {
  return { bornAt, retentionMs, earlier: [] }
}

/** The memory of a server that uses this retention from now on; unchanged if the retention is the same. */
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

/** For a store that began later than the memory states, or that was restored from a copy. */
export function bornAgain(memory: Memory, bornAt: number): Memory {
  return bornAt > memory.bornAt ? { ...memory, bornAt } : memory
}

/** Every key that was first sent after this time, and was executed, has a record; epoch ms. */
export function rememberedSince({ bornAt, retentionMs, earlier }: Memory, nowAt: number): number {
  const ends = earlier.map(each => Math.min(each.until, nowAt - each.retentionMs))
  return Math.max(bornAt, nowAt - retentionMs, ...ends)
}

/**
 * A first-send time has whole seconds (RFC 9110 5.6.7), and the second in which the memory begins counts as known.
 * Otherwise a server would refuse every client in its first second. A request that proves "not executed" sends an
 * exact time.
 */
const SECOND_MS = 1_000

/** When a request's key was first sent, as the request states it. */
export type FirstSend = { readonly at: number; readonly isExact: boolean }

/** Whether a key may have been executed and then forgotten, or executed before the memory began. */
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

/** Whether it would be refused if the memory had begun just now: only then does it matter whether the store was lost meanwhile. */
export function mayBeOfAnotherMemory(
  firstSent: number | FirstSend | undefined,
  { retentionMs, nowAt }: { readonly retentionMs: number; readonly nowAt: number },
): boolean {
  return isForgotten(firstSent, { memory: bornMemory(nowAt, retentionMs), retentionMs, nowAt })
}
