/** The first text beyond all that begin with `prefix`, in the order of code points; undefined where there is none. */
export function firstBeyond(prefix: string): string | undefined {
  const points = Array.from(prefix, character => character.codePointAt(0) ?? 0)
  while (points.at(-1) === 0x10_ff_ff) points.pop()
  const last = points.pop()
  if (last === undefined) return undefined
  // No character lies between: these are the halves of surrogate pairs.
  const next = last === 0xd7_ff ? 0xe0_00 : last + 1
  return String.fromCodePoint(...points, next)
}
