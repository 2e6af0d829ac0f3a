import { hearThrown } from '../guards/synchronous.ts'
import type {
  DatabaseTransaction,
  RecordStore,
  RecordsWithin,
  SetOptions,
  StoredRecord,
} from '../public/store.ts'
import { StoreError } from './store-error.ts'

/**
 * Encrypts what a store holds. Both functions also receive the record's key, so that a value that was moved to
 * another key can be refused (for example with the additional data of AES-GCM). Keys and times stay readable.
 */
export type Codec = {
  /** Returns text that the store can hold: well-formed, without NUL (base64, for example). */
  readonly encrypt: (text: string, key: string) => string | Promise<string>
  /** Returns the original text. Throws if the text was changed or encrypted with another secret. */
  readonly decrypt: (sealed: string, key: string) => string | Promise<string>
}

/** A store of this package, which lists settled records too. */
export type ListingStore = RecordStore & Required<Pick<RecordStore, 'listSettled'>>

/**
 * The same store with encrypted values. `get` of a value that cannot be decrypted rejects as `corrupt`, with the
 * version that `delete` needs. A listing returns such a value as an empty text, which is no record, so that one bad
 * value does not hide the others.
 */
export function withCodec<Store extends ListingStore>(store: Store, codec: Codec): Store {
  return {
    ...store,
    get: async key => {
      const found = await store.get(key)
      return found && { value: await open(codec, key, found), version: found.version }
    },
    set: async (key: string, value: string, options: SetOptions) =>
      store.set(key, await seal(codec, key, value), options),
    listOpen: prefix => opened(codec, store.listOpen(prefix)),
    listSettled: prefix => opened(codec, store.listSettled(prefix)),
    ...(store.within !== undefined && {
      within: (transaction: DatabaseTransaction) => sealedWithin(store.within?.(transaction), codec),
    }),
  }
}

function sealedWithin(records: RecordsWithin | undefined, codec: Codec): RecordsWithin | undefined {
  return (
    records && {
      ...records,
      get: async key => {
        const found = await records.get(key)
        return found && { value: await open(codec, key, found), version: found.version }
      },
      set: async (key, value, options) => records.set(key, await seal(codec, key, value), options),
    }
  )
}

async function seal(codec: Codec, key: string, value: string): Promise<string> {
  try {
    return textFrom('encrypt', await codec.encrypt(value, key))
  } catch (cause) {
    hearThrown(cause)
    throw new StoreError('failed', 'The codec could not encrypt a record: nothing was written.', { cause })
  }
}

async function open(codec: Codec, key: string, found: StoredRecord): Promise<string> {
  try {
    return textFrom('decrypt', await codec.decrypt(found.value, key))
  } catch (cause) {
    hearThrown(cause)
    throw new StoreError(
      'corrupt',
      'The codec could not decrypt a record: it was changed, or encrypted with another secret. It is left as it is.',
      { cause, version: found.version },
    )
  }
}

async function* opened(codec: Codec, records: ReturnType<RecordStore['listOpen']>): typeof records {
  for await (const found of records) {
    const value = await open(codec, found.key, found).catch(() => '')
    yield { key: found.key, value, version: found.version }
  }
}

function textFrom(name: keyof Codec, text: unknown): string {
  if (typeof text !== 'string')
    throw new TypeError(`codec.${name} gave ${typeof text} where it must give text`)
  return text
}
