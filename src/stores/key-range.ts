/** The first text after all texts that begin with `prefix`, in the order of code points; undefined if there is none. */
export function firstBeyond(prefix: string): string | undefined {
  const points = Array.from(prefix, character => character.codePointAt(0) ?? 0)
  while (points.at(-1) === 0x10_ff_ff) points.pop()
  const last = points.pop()
  if (last === undefined) return undefined
  // No character lies between the two: these code points are halves of surrogate pairs.
  const next = last === 0xd7_ff ? 0xe0_00 : last + 1
  return String.fromCodePoint(...points, next)
}

/** The folder of a key under a prefix: up to the first `/` after the prefix. Undefined if the key lies in no folder. */
export function folderOf(key: string, prefix: string): string | undefined {
  const end = key.startsWith(prefix) ? key.indexOf('/', prefix.length) : -1
  return end === -1 ? undefined : key.slice(0, end + 1)
}

/** The first text after everything in a folder: `0` comes right after `/`. */
export function beyondFolder(folder: string): string {
  return `${folder.slice(0, -1)}0`
}
