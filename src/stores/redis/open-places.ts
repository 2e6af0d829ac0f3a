import { firstBeyond } from '../key-range.ts'

/** A record that was open, and its place in the order in which records became open. */
export type OpenPlace = { readonly key: string; readonly place: number }

export const MEMBERS_PER_PAGE = 5_000

/**
 * At most this many places of a listing are in memory: a million open records are listed in ten passes, oldest first.
 */
const PLACES_HELD = 100_000

/** Reads the members of the index under a prefix, page by page, in the order of keys. */
type ReadMembers = (from: string, below: string) => Promise<readonly string[]>

/**
 * Lists open records in the order of places by passes over the index. Each pass takes the oldest places that come
 * after those of the pass before.
 */
export async function* openPlaces(
  prefix: string,
  read: ReadMembers,
  held: number = PLACES_HELD,
): AsyncGenerator<readonly OpenPlace[]> {
  for (let after = -1; ;) {
    const { oldest, isCut } = await oldestAfter(after, prefix, read, held)
    yield oldest
    const last = oldest.at(-1)
    if (!isCut || last === undefined) return
    after = last.place
  }
}

async function oldestAfter(
  after: number,
  prefix: string,
  read: ReadMembers,
  held: number,
): Promise<{ readonly oldest: readonly OpenPlace[]; readonly isCut: boolean }> {
  let found: OpenPlace[] = []
  let isCut = false
  const cut = (): void => {
    found.sort((a, b) => a.place - b.place)
    isCut ||= found.length > held
    found = found.slice(0, held)
  }
  for await (const members of pagesUnder(prefix, read)) {
    for (const member of members) {
      const open = openPlaceOf(member)
      if (open.place > after) found.push(open)
    }
    if (found.length > 2 * held) cut()
  }
  cut()
  return { oldest: found, isCut }
}

async function* pagesUnder(prefix: string, read: ReadMembers): AsyncGenerator<readonly string[]> {
  const below = firstBeyond(prefix)
  for (let from: string | undefined = prefix === '' ? '-' : `[${prefix}`; from !== undefined;) {
    const members: readonly string[] = await read(from, below === undefined ? '+' : `(${below}`)
    yield members
    const last = members.length === MEMBERS_PER_PAGE ? members.at(-1) : undefined
    from = last && `(${last}`
  }
}

/** A key may contain a NUL; the last NUL of the member ends the key. */
function openPlaceOf(member: string): OpenPlace {
  const end = member.lastIndexOf('\0')
  return { key: member.slice(0, end), place: Number(member.slice(end + 1)) }
}
