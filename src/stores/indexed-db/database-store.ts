import type { RecordStore, SetOptions } from '../../public/store.ts'
import { changeHints } from '../change-hints.ts'
import { withCodec, type Codec, type ListingStore } from '../codec.ts'
import { withFallback } from '../fallback.ts'
import { closedError, StoreError } from '../store-error.ts'
import { indexedDBConnection } from './connection.ts'
import { isWhole, keysUnder, readOnce, versionOf, type Row } from './layout.ts'
import { indexedDBWriter, unexpired, type RowChange } from './writer.ts'

/** At most this many settled records are in memory at a time. */
const RECORDS_PER_PAGE = 256

type LateStore = ListingStore & Required<Pick<ListingStore, 'watch' | 'close'>>

type Setting = {
  readonly name: string
  readonly busyTimeoutMs: number
  readonly now: () => number
  readonly codec: Codec | undefined
  readonly fallback: RecordStore | undefined
}

/**
 * Reads and writes the database, with the codec and the fallback that were requested. The code is loaded apart
 * (late-store.ts), because a page can be shown without it.
 */
export function databaseStore({ name, busyTimeoutMs, now, codec, fallback }: Setting): LateStore {
  const plain = plainStore(name, busyTimeoutMs, now)
  const sealed = codec ? withCodec(plain, codec) : plain
  const store = fallback ? withFallback(sealed, fallback) : sealed
  return {
    ...store,
    watch: (key, listener) => plain.watch(key, listener),
    close: async () => store.close?.(),
  }
}

function plainStore(name: string, busyTimeoutMs: number, now: () => number): LateStore {
  const connection = indexedDBConnection(name, busyTimeoutMs)
  const hints = changeHints(`stillonce/indexed-db/${name}`)
  const writer = indexedDBWriter(connection, now, hints.tell)
  let closing: Promise<void> | undefined

  function use<T>(work: Parameters<typeof connection.use<T>>[0]): Promise<T> {
    return closing ? Promise.reject(closedError(`IndexedDB store "${name}"`)) : connection.use(work, 'read')
  }

  function write(...wanted: Parameters<typeof writer.write>): ReturnType<typeof writer.write> {
    return closing ? Promise.reject(closedError(`IndexedDB store "${name}"`)) : writer.write(...wanted)
  }

  function pageOf(prefix: string, after: string | undefined): Promise<readonly Row[]> {
    return use(async (db, signal) =>
      readOnce(db, signal, records => records.getAll(keysUnder(prefix, after), RECORDS_PER_PAGE)),
    )
  }

  async function set(key: string, value: string, options: SetOptions): Promise<string | undefined> {
    const written = await write(key, durabilityOf(options), changeTo(key, value, options))
    return written === undefined || written === 'deleted' ? undefined : written.version
  }

  return {
    get: async key => {
      const row = unexpired(
        await use(async (db, signal) => readOnce(db, signal, records => records.get(key))),
        now(),
      )
      if (row === undefined) return undefined
      if (!isWhole(row)) throw damaged(name, row)
      return { value: row.value, version: row.version }
    },
    set,
    delete: async (key, { expected }) =>
      (await write(key, 'relaxed', found =>
        found && versionOf(found) === expected ? 'deleted' : undefined,
      )) !== undefined,
    async *listOpen(prefix) {
      const rows = await use(async (db, signal) =>
        readOnce(db, signal, records => records.index('open').getAll(keysUnder(prefix))),
      )
      for (const row of rows.toSorted((a, b) => placeOf(a) - placeOf(b))) yield listed(row)
    },
    async *listSettled(prefix) {
      for (let after: string | undefined; ;) {
        const page = await pageOf(prefix, after)
        for (const row of page) if (row.open === undefined && unexpired(row, now())) yield listed(row)
        const last = page.at(-1)
        if (last === undefined || page.length < RECORDS_PER_PAGE) return
        after = last.key
      }
    },
    watch: hints.watch,
    close: () =>
      (closing ??= writer.idle().then(() => {
        hints.close()
        connection.close()
      })),
  }
}

/**
 * A write that opens an operation must be on the disk before anything is sent. Settling an open record may be lost
 * with the machine's power: the record is then open again, under the same key, and asking the server settles it. A
 * settled record without an open record before it has nothing to fall back on.
 */
function durabilityOf({ open, expected }: SetOptions): 'strict' | 'relaxed' {
  return open || expected === null || expected.startsWith(SETTLED) ? 'strict' : 'relaxed'
}

/** A version begins with the state of its record, so a later write knows that state without reading. */
const OPEN = 'o'
const SETTLED = 's'

function changeTo(key: string, value: string, { expected, open, expiresAt }: SetOptions): RowChange {
  return (found, next) => {
    if ((found ? versionOf(found) : null) !== expected) return undefined
    const { place, version } = next()
    const row: Row = { key, value, version: `${open ? OPEN : SETTLED}${version}`, place }
    if (open)
      return { ...row, place: found?.open === undefined || !isWhole(found) ? place : found.place, open: key }
    return expiresAt === undefined || expiresAt === Infinity ? row : { ...row, expiresAt }
  }
}

/** A damaged record is listed with an empty value, which is no record, so that it does not hide the others. */
function listed(row: Row) {
  return { key: row.key, value: isWhole(row) ? row.value : '', version: versionOf(row) }
}

function placeOf(row: Row): number {
  return isWhole(row) ? row.place : 0
}

function damaged(name: string, row: Row): StoreError {
  return new StoreError(
    'corrupt',
    `The IndexedDB store "${name}" holds something else under "${row.key}": it was left as it is.`,
    { version: versionOf(row) },
  )
}
