import type { FoldersOptions, ListedRecord, StoredRecord } from '../../public/store.ts'
import { beyondFolder, folderOf } from '../key-range.ts'
import { PlaceList } from '../place-list.ts'
import { isBusy, errorOfSqlite } from './errors.ts'
import type { OpenFile, SqliteFile } from './file.ts'
import { whenFree } from './patience.ts'
import { sinceOf } from './sequence.ts'
import { turnstile } from './turnstile.ts'

/** At most this many records are in memory at a time. Between two pages the event loop goes on. */
const RECORDS_PER_PAGE = 100
const PLACES_PER_PAGE = 2_048
const FOLDERS_PER_TURN = 256
/** Reads in one turn: a few milliseconds, including what a run does with each record. */
const READS_PER_TURN = 32

export type SqliteReader = {
  readonly get: (key: string) => Promise<StoredRecord | undefined>
  readonly listOpen: (prefix: string) => AsyncGenerator<ListedRecord>
  readonly openFolders: (prefix: string, options: FoldersOptions) => Promise<readonly string[]>
  readonly listSettled: (prefix: string) => AsyncGenerator<ListedRecord>
  readonly since: () => Promise<number>
  /** Resolves when every `get` so far has been read. */
  readonly end: () => Promise<void>
}

/**
 * Reads return what is committed and on the disk, so that a caller can send or execute because of what was read.
 * Reads do not wait for writers. They wait only for a recovery after a crash, and for a record whose commit is not on
 * the disk yet.
 */
export function sqliteReader(file: SqliteFile, now: () => number, busyTimeoutMs: number): SqliteReader {
  const reads = turnstile(READS_PER_TURN)
  /** The next check that the file is still there; the empty reads of this turn wait for it. */
  let look: { readonly open: OpenFile; readonly ended: Promise<undefined> } | undefined

  async function read<T>(work: (open: OpenFile) => T): Promise<T> {
    try {
      const open = await whenFree(file.use, file.path, busyTimeoutMs)
      await open.durable.trust('read')
      return await whenFree(() => work(open), file.path, busyTimeoutMs)
    } catch (error) {
      throw failure(error)
    }
  }

  /** Returns records once all of them are on the disk. */
  async function readRecords<T extends StoredRecord>(work: (open: OpenFile) => T[]): Promise<T[]> {
    const { open, found, place } = await read(opened => {
      const records = work(opened)
      return { open: opened, found: records, place: lastPlaceOf(opened, records) }
    })
    await onDisk(open, place)
    return found
  }

  /**
   * Undefined if the disk already has `place`. From then on a record that was read counts as if it had been written
   * here.
   */
  function onDisk(open: OpenFile, place: number): Promise<void> | undefined {
    const waiting = open.durable.reach(place)
    if (waiting === undefined) {
      open.cameTo(place)
      return undefined
    }
    return waiting.then(
      () => open.cameTo(place),
      (error: unknown) => {
        throw failure(error)
      },
    )
  }

  /**
   * The version of a record is the sequence number that it was written with. A version that somebody changed by hand
   * may be no number at all, or a number that was never used.
   */
  function lastPlaceOf(open: OpenFile, records: readonly StoredRecord[]): number {
    const place = records.reduce((last, { version }) => Math.max(last, Number(version) || 0), 0)
    return open.durable.has(place) ? place : Math.min(place, open.lastOfSequence())
  }

  function failure(error: unknown): Error {
    const explained = errorOfSqlite(error, file.path)
    if (explained !== error) file.reopenLater()
    return explained
  }

  async function openPlaces(prefix: string): Promise<Float64Array> {
    const places = new PlaceList()
    for (let from: string | undefined = prefix; from !== undefined;) {
      const first = from
      const found = await read(
        open => open.statements.openPlaces.all(first, prefix, PLACES_PER_PAGE) as PlaceRow[],
      )
      places.add(found.map(({ place }) => place))
      from = startAfter(found, PLACES_PER_PAGE)
      if (from !== undefined) await nextTurn()
    }
    return places.takeSorted()
  }

  /**
   * Lists the places first, which take eight bytes each however large the records are, and then the records page by
   * page.
   */
  async function* listOpen(prefix: string): AsyncGenerator<ListedRecord> {
    const places = await openPlaces(prefix)
    for (let start = 0; start < places.length; start += RECORDS_PER_PAGE) {
      const page = JSON.stringify([...places.subarray(start, start + RECORDS_PER_PAGE)])
      yield* await readRecords(open => open.statements.openAt.all(page) as ListedRecord[])
      await nextTurn()
    }
  }

  /** Goes from folder to folder, with one lookup in the index for each. */
  async function openFolders(prefix: string, { after, limit }: FoldersOptions): Promise<readonly string[]> {
    const found: string[] = []
    let from: string | undefined = after === undefined ? prefix : beyondFolder(after)
    while (from !== undefined && found.length < limit) {
      const begin: string = from
      from = await read(open => {
        let next: string | undefined = begin
        for (
          let looks = 0;
          next !== undefined && looks < FOLDERS_PER_TURN && found.length < limit;
          looks += 1
        ) {
          const row = open.statements.firstOpen.get(next, prefix) as { readonly key: string } | undefined
          const folder = row && folderOf(row.key, prefix)
          if (folder !== undefined) found.push(folder)
          next = folder === undefined ? row && `${row.key}\0` : beyondFolder(folder)
        }
        return next
      })
      if (from !== undefined && found.length < limit) await nextTurn()
    }
    return found
  }

  async function* listSettled(prefix: string): AsyncGenerator<ListedRecord> {
    for (let from: string | undefined = prefix; from !== undefined;) {
      const first = from
      const page = await readRecords(
        open => open.statements.settledFrom.all(first, prefix, now(), RECORDS_PER_PAGE) as ListedRecord[],
      )
      yield* page
      from = startAfter(page, RECORDS_PER_PAGE)
      await nextTurn()
    }
  }

  function get(key: string): Promise<StoredRecord | undefined> {
    try {
      const open = file.use()
      if (open.durable.isDoubted()) return getTrusted(key)
      const found = open.statements.get.get(key, now()) as StoredRecord | undefined
      if (found === undefined) return nothingIn(open)
      const waiting = onDisk(open, lastPlaceOf(open, [found]))
      return waiting === undefined ? Promise.resolve(found) : waiting.then(() => found)
    } catch (error) {
      return isBusy(error) ? getTrusted(key) : Promise.reject(failure(error))
    }
  }

  /**
   * An empty read of a removed file proves nothing about the file that replaced it. The check is two system calls, so
   * empty reads that directly follow each other share one check, which comes after all of them.
   */
  function nothingIn(open: OpenFile): Promise<undefined> {
    if (look?.open !== open) look = { open, ended: Promise.resolve().then(() => lookAfter(open)) }
    return look.ended
  }

  function lookAfter(open: OpenFile): undefined {
    look = undefined
    try {
      open.checkStillThere()
    } catch (error) {
      file.reopenLater()
      throw failure(error)
    }
  }

  async function getTrusted(key: string): Promise<StoredRecord | undefined> {
    const [found] = await readRecords(open => open.statements.get.all(key, now()) as StoredRecord[])
    return found
  }

  return {
    get: key => reads.pass()?.then(() => get(key)) ?? get(key),
    listOpen,
    openFolders,
    listSettled,
    since: () => read(open => sinceOf(open.statements, file.path)),
    end: async () => reads.pass(),
  }
}

type PlaceRow = { readonly key: string; readonly place: number }

/** The first possible key after a full page; undefined if the page was the last. */
function startAfter(page: readonly { readonly key: string }[], fullPage: number): string | undefined {
  const last = page.length === fullPage ? page.at(-1) : undefined
  return last && `${last.key}\0`
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve)
  })
}
