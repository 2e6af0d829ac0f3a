import type { ListedRecord, StoredRecord } from '../store.ts'
import { isBusy, storeErrorFrom } from './sqlite-errors.ts'
import type { SqliteFile } from './sqlite-file.ts'
import { whenFree } from './sqlite-patience.ts'
import { turnstile } from './sqlite-turnstile.ts'

/** So many records are held at a time, and the event loop is let go between two pages. */
const RECORDS_PER_PAGE = 256
const PLACES_PER_PAGE = 2_048
/** With what a run makes of a record, a few milliseconds. */
const READS_PER_TURN = 32

export type SqliteReader = {
  readonly get: (key: string) => Promise<StoredRecord | undefined>
  readonly listOpen: (prefix: string) => AsyncGenerator<ListedRecord>
  readonly listSettled: (prefix: string) => AsyncGenerator<ListedRecord>
  /** Resolves when every `get` so far has been read. */
  readonly end: () => Promise<void>
}

/** Reads see what is committed. They go on beside a writer; what can be in their way is a recovery after a crash. */
export function sqliteReader(file: SqliteFile, now: () => number, busyTimeoutMs: number): SqliteReader {
  const reads = turnstile(READS_PER_TURN)

  function select(key: string): StoredRecord | undefined {
    return file.use().statements.get.get(key, now()) as StoredRecord | undefined
  }

  async function read<T>(work: () => T): Promise<T> {
    try {
      return await whenFree(work, file.path, busyTimeoutMs)
    } catch (error) {
      throw failure(error)
    }
  }

  function failure(error: unknown): Error {
    const explained = storeErrorFrom(error, file.path)
    if (explained !== error) file.reopenLater()
    return explained
  }

  async function openPlaces(prefix: string): Promise<number[]> {
    const places: number[] = []
    for (let from: string | undefined = prefix; from !== undefined;) {
      const first = from
      const found = await read(
        () => file.use().statements.openPlaces.all(first, prefix, PLACES_PER_PAGE) as PlaceRow[],
      )
      for (const { place } of found) places.push(place)
      from = startAfter(found, PLACES_PER_PAGE)
      if (from !== undefined) await nextTurn()
    }
    return places.toSorted((a, b) => a - b)
  }

  /** Places first: eight bytes for each, whatever the records hold; then the records, page by page. */
  async function* listOpen(prefix: string): AsyncGenerator<ListedRecord> {
    const places = await openPlaces(prefix)
    for (let start = 0; start < places.length; start += RECORDS_PER_PAGE) {
      const page = JSON.stringify(places.slice(start, start + RECORDS_PER_PAGE))
      yield* await read(() => file.use().statements.openAt.all(page) as ListedRecord[])
      await nextTurn()
    }
  }

  async function* listSettled(prefix: string): AsyncGenerator<ListedRecord> {
    for (let from: string | undefined = prefix; from !== undefined;) {
      const first = from
      const page = await read(
        () => file.use().statements.settledFrom.all(first, prefix, now(), RECORDS_PER_PAGE) as ListedRecord[],
      )
      yield* page
      from = startAfter(page, RECORDS_PER_PAGE)
      await nextTurn()
    }
  }

  function get(key: string): Promise<StoredRecord | undefined> {
    try {
      return Promise.resolve(select(key))
    } catch (error) {
      return isBusy(error) ? read(() => select(key)) : Promise.reject(failure(error))
    }
  }

  return {
    get: key => reads.pass()?.then(() => get(key)) ?? get(key),
    listOpen,
    listSettled,
    end: async () => reads.pass(),
  }
}

type PlaceRow = { readonly key: string; readonly place: number }

/** The first text after the last key of a full page; undefined where nothing can follow. */
function startAfter(page: readonly { readonly key: string }[], fullPage: number): string | undefined {
  const last = page.length === fullPage ? page.at(-1) : undefined
  return last && `${last.key}\0`
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve)
  })
}
