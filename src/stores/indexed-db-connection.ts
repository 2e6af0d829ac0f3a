import { openDB } from 'idb'
import { isConnectionClosed, storeErrorFrom } from './indexed-db-errors.ts'
import { createLayout, LAYOUT_VERSION, type Database } from './indexed-db-layout.ts'
import { StoreError } from './store-error.ts'

export type Connection = {
  /** Does the work with the open database; opens it, once more where the browser has closed it. */
  readonly use: <T>(work: (db: Database) => Promise<T>) => Promise<T>
  readonly close: () => void
}

/**
 * The database is opened at the first use, and again at the next use after it was lost: the browser closes
 * connections (memory, "clear site data"), and another tab asks for it when it upgrades or deletes the database.
 */
export function indexedDBConnection(name: string, busyTimeoutMs: number): Connection {
  let opening: Promise<Database> | undefined

  function open(): Promise<Database> {
    if (opening) return opening
    const begun = openDatabase(() => drop(begun))
    opening = begun
    begun.catch(() => drop(begun))
    return begun
  }

  /** The next use opens it anew. */
  function drop(lost: Promise<Database>): void {
    if (opening === lost) opening = undefined
  }

  function openDatabase(lose: () => void): Promise<Database> {
    const opened = openDB(name, LAYOUT_VERSION, {
      upgrade: createLayout,
      // Whoever upgrades or deletes the database waits for us; what is under way is finished first.
      blocking: (_current, _wanted, event) => {
        lose()
        ;(event.target as IDBDatabase).close()
      },
      terminated: lose,
    }) as Promise<Database>
    return inTime(opened)
  }

  /** Other tabs may keep an older or a dying database open for as long as they like. */
  function inTime(opened: Promise<Database>): Promise<Database> {
    return new Promise((resolve, reject) => {
      let late = false
      const timer = setTimeout(() => {
        late = true
        reject(blocked(name, busyTimeoutMs))
      }, busyTimeoutMs)
      opened.then(
        db => {
          clearTimeout(timer)
          if (late) db.close()
          else resolve(db)
        },
        (error: unknown) => {
          clearTimeout(timer)
          reject(error instanceof Error ? error : new Error(String(error)))
        },
      )
    })
  }

  async function use<T>(work: (db: Database) => Promise<T>): Promise<T> {
    try {
      const begun = open()
      try {
        return await work(await begun)
      } catch (error) {
        if (!isConnectionClosed(error)) throw error
        drop(begun)
        return await work(await open())
      }
    } catch (error) {
      throw storeErrorFrom(error, name)
    }
  }

  return {
    use,
    close: () => {
      opening?.then(db => db.close()).catch(() => {})
      opening = undefined
    },
  }
}

function blocked(name: string, afterMs: number): StoreError {
  return new StoreError(
    'failed',
    `The IndexedDB store "${name}" could not be opened within ${afterMs} ms: another tab keeps it open while it is ` +
      'upgraded or deleted. Nothing was read or written. Close the other tabs of this site.',
  )
}
