/** Chance from a seed: the same parts give the same sequence, on every machine. */
export type Random = {
  /** Uniform in [0, 1). */
  next(): number
  chance(probability: number): boolean
  /** A whole number from `least` to `most`. */
  between(least: number, most: number): number
  pick<Value>(values: readonly Value[]): Value
}

/** One stream for each list of numbers: a stream that is not used disturbs no other. */
export function randomOf(...parts: readonly number[]): Random {
  // FNV-1a over the parts seeds mulberry32, whose 32 bits of state suffice for a few hundred draws.
  let state = 0x811c9dc5
  for (const part of parts) {
    state = Math.imul(state ^ (part >>> 0), 0x01000193)
    state = Math.imul(state ^ Math.floor(part / 2 ** 32), 0x01000193)
    state ^= state >>> 15
  }
  const next = () => {
    state = Math.imul(state + 0x6d2b79f5, 1)
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
  next()
  return {
    next,
    chance: probability => next() < probability,
    between: (least, most) => least + Math.floor(next() * (most - least + 1)),
    pick: values => values[Math.floor(next() * values.length)]!,
  }
}
