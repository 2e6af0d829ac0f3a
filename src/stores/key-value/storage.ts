import { configurationError } from '../../public/errors.ts'
import { isFunction } from '../check-options.ts'
import { StoreError } from '../store-error.ts'

type MaybeLater<T> = T | Promise<T>

/** The app's own storage of texts under keys. Each function may be synchronous or return a promise. */
export type KeyValueStorage = {
  /** Returns the text under a key; null or undefined if there is none. */
  readonly get: (key: string) => MaybeLater<string | null | undefined>
  /**
   * Stores a text. Its result must resolve once `get` returns the text. A text whose `set` threw or rejected must not
   * be stored later.
   */
  readonly set: (key: string, value: string) => unknown
  /** Removes a text; no error if there is none. */
  readonly remove: (key: string) => unknown
  /** Returns the keys that begin with a prefix. Other keys among them do no harm. */
  readonly keys: (prefix: string) => MaybeLater<Iterable<string>>
}

/** The same storage, with its results and errors checked. */
export type CheckedStorage = {
  readonly get: (key: string) => Promise<string | undefined>
  readonly set: (key: string, value: string) => Promise<void>
  readonly remove: (key: string) => Promise<void>
  readonly keys: (prefix: string) => Promise<readonly string[]>
}

const FUNCTIONS = {
  get: 'that gives the text under a key, null or undefined',
  set: 'that keeps a text under a key',
  remove: 'that removes the text under a key',
  keys: 'that gives the keys which begin with a prefix',
} as const

export function checkedStorage(name: string, storage: KeyValueStorage): CheckedStorage {
  for (const [member, what] of Object.entries(FUNCTIONS))
    if (!isFunction(Reflect.get(storage, member)))
      throw configurationError(`keyValueStore.${member}`, `must be a function ${what}`)

  async function asked<T>(member: keyof KeyValueStorage, work: () => MaybeLater<T>): Promise<T> {
    try {
      return await work()
    } catch (cause) {
      throw failed(name, member, cause)
    }
  }

  const wrong = (member: keyof KeyValueStorage, found: unknown) =>
    new StoreError(
      'failed',
      `The key-value store "${name}" cannot use what keyValueStore.${member} gave: ${kindOf(found)}, in place of ` +
        `${member === 'get' ? 'a text, null or undefined' : 'a list of texts'}.`,
    )

  return {
    get: async key => {
      const found: unknown = await asked('get', () => storage.get(key))
      if (found === null || found === undefined) return undefined
      if (typeof found === 'string') return found
      throw wrong('get', found)
    },
    set: async (key, value) => {
      await asked('set', () => storage.set(key, value))
      // A blocked or full storage may accept a text without an error and then keep nothing, or the text from before.
      const kept: unknown = await asked('get', () => storage.get(key))
      if (kept !== value) throw notKept(name, 'does not give what keyValueStore.set kept')
    },
    remove: async key => {
      await asked('remove', () => storage.remove(key))
      const left: unknown = await asked('get', () => storage.get(key))
      if (left !== null && left !== undefined)
        throw notKept(name, 'still gives what keyValueStore.remove removed')
    },
    keys: async prefix => {
      const found: unknown = await asked('keys', () => storage.keys(prefix))
      if (!isIterable(found)) throw wrong('keys', found)
      const keys: string[] = []
      for (const key of found) {
        if (typeof key !== 'string') throw wrong('keys', key)
        if (key.startsWith(prefix)) keys.push(key)
      }
      return keys
    },
  }
}

function isIterable(found: unknown): found is Iterable<unknown> {
  return typeof found === 'object' && found !== null && Symbol.iterator in found
}

function kindOf(found: unknown): string {
  return found === null ? 'null' : `a value of type ${typeof found}`
}

function notKept(name: string, what: string): StoreError {
  return new StoreError(
    'failed',
    `The key-value store "${name}" could not be used: keyValueStore.get ${what}. ` +
      'Let `set` and `remove` give the promises of their writes.',
  )
}

/** A full storage is recognized by the error's name (DOM) or its text (`QUOTA_BYTES quota exceeded` of extensions). */
function failed(name: string, member: keyof KeyValueStorage, cause: unknown): StoreError {
  const why = cause instanceof Error ? cause.message : String(cause)
  const isFull = cause instanceof Error && (cause.name === 'QuotaExceededError' || /quota/i.test(why))
  return new StoreError(
    'failed',
    `The key-value store "${name}" could not be used: keyValueStore.${member} threw "${why}".`,
    { cause, ...(isFull && { reason: 'full' as const }) },
  )
}
