import type { FoldersOptions, ListedRecord } from '../../public/store.ts'
import { PlaceList } from '../place-list.ts'
import type { SentStatement } from './send.ts'
import { beyondIdsOf, folderOfId, idsUnder, isLongKey } from './row-id.ts'
import { valueOfStored } from './stored-text.ts'
import type { RecordStatements } from './statements.ts'

/** At most this many records, and places, are in memory at a time. */
const RECORDS_PER_PAGE = 100
const PLACES_PER_PAGE = 5_000

export type Query = <Row>(text: string, values: unknown[]) => Promise<SentStatement<Row>>

/**
 * Lists the places first, which take eight bytes each however large the records are, and then the records in order,
 * page by page.
 */
export async function* listOpen(
  query: Query,
  statements: RecordStatements,
  prefix: string,
): AsyncGenerator<ListedRecord> {
  const list = new PlaceList()
  const pages = pagesUnder<PlaceRow>(prefix, PLACES_PER_PAGE, (from, below) =>
    query(statements.openPlaces, [from, below, PLACES_PER_PAGE]),
  )
  for await (const rows of pages) list.add(rows.map(({ place }) => Number(place)))
  const places = list.takeSorted()
  for (let start = 0; start < places.length; start += RECORDS_PER_PAGE) {
    const page = places.subarray(start, start + RECORDS_PER_PAGE).join(',')
    const { rows } = await query<ListedRecord>(statements.openAt, [page])
    yield* recordsUnder(prefix, rows)
  }
}

/** Folders in the order of ids. A long prefix, which ids cut, has only one folder: the prefix itself. */
export async function openFolders(
  query: Query,
  statements: RecordStatements,
  prefix: string,
  { after, limit }: FoldersOptions,
): Promise<readonly string[]> {
  if (isLongKey(prefix)) return after === undefined ? [prefix] : []
  const { below = null } = idsUnder(prefix)
  const prefixLength = Array.from(prefix).length
  const found: string[] = []
  for (
    let from: string | undefined = after === undefined ? prefix : beyondIdsOf(after);
    from !== undefined;
  ) {
    const { rows }: SentStatement<FolderRow> = await query(statements.openFolders, [
      from,
      below,
      prefixLength,
      limit,
    ])
    from = undefined
    for (const { id, long } of rows) {
      const folder = folderOfId(id, long, prefix)
      if (folder !== undefined) found.push(folder)
      if (found.length === limit) return found
      if (rows.length === limit) from = folder === undefined ? `${id}\u0001` : beyondIdsOf(folder)
    }
  }
  return found
}

/** Settled records in the order of keys. */
export async function* listSettled(
  query: Query,
  statements: RecordStatements,
  prefix: string,
  now: () => number | null,
): AsyncGenerator<ListedRecord> {
  const pages = pagesUnder<SettledRow>(prefix, RECORDS_PER_PAGE, (from, below) =>
    query(statements.settledFrom, [from, below, now(), RECORDS_PER_PAGE]),
  )
  for await (const rows of pages) yield* recordsUnder(prefix, rows)
}

/** The ids of a long prefix also cover keys that do not begin with the prefix, so the keys are checked. */
function recordsUnder(prefix: string, rows: readonly ListedRecord[]): ListedRecord[] {
  return rows
    .filter(({ key }) => key.startsWith(prefix))
    .map(({ key, value, version }) => ({ key, value: valueOfStored(value), version }))
}

type PlaceRow = { readonly id: string; readonly place: string }
type FolderRow = { readonly id: string; readonly long: boolean }
type SettledRow = ListedRecord & { readonly id: string }

async function* pagesUnder<Row extends { readonly id: string }>(
  prefix: string,
  fullPage: number,
  read: (from: string, below: string | null) => Promise<SentStatement<Row>>,
): AsyncGenerator<readonly Row[]> {
  const ids = idsUnder(prefix)
  for (let from: string | undefined = ids.from; from !== undefined;) {
    const { rows }: SentStatement<Row> = await read(from, ids.below ?? null)
    yield rows
    const last = rows.length === fullPage ? rows.at(-1) : undefined
    // The first possible id after the last one. A text in PostgreSQL holds no NUL, so U+0001 is the smallest
    // character.
    from = last && `${last.id}\u0001`
  }
}
