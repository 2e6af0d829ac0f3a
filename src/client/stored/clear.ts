import type { ClientCore } from '../client-core.ts'
import { scopePrefix } from '../../core/names/identity.ts'
import { isOpen } from '../../core/record/operation-record.ts'
import { StoreFailure } from '../../engine/stored/journal.ts'
import { shrunk } from '../../core/record/tombstone.ts'
import { decodeStored } from '../../engine/stored/decode-stored.ts'
import { configurationError } from '../../public/errors.ts'
import type { ListedRecord, RecordStore } from '../../public/store.ts'
import { inBatches } from './in-batches.ts'
import { storeFailedError } from './store-errors.ts'
import { patientStoreOf } from './patient-journal.ts'
import { tellChanged } from './store-news.ts'

/**
 * Removes the settled records of a scope. Open ones are reduced to key, target and times, or with `force` removed too.
 */
export async function clearScope(
  core: ClientCore,
  scope: string,
  force: 'force' | 'settled-only',
): Promise<void> {
  const store = patientStoreOf(core)
  const prefix = scopePrefix(scope)
  if (store.listSettled === undefined) {
    throw configurationError(
      'store.listSettled',
      'is needed by `clear`: give the store this method, or `forget` each operation',
    )
  }
  try {
    const remove = ({ key, version }: ListedRecord) => store.delete(key, { expected: version })
    await inBatches(store.listSettled(prefix), remove)
    await inBatches(store.listOpen(prefix), force === 'force' ? remove : listed => shrink(store, listed))
  } catch (error) {
    throw storeFailedError(new StoreFailure('the store could not be cleared', false, error))
  } finally {
    tellChanged(core.engine.store)
  }
}

/** A record that cannot be read is left as it is. */
async function shrink(store: RecordStore, { key, value, version }: ListedRecord): Promise<void> {
  const decoded = await decodeStored(value)
  if (!decoded.ok || !isOpen(decoded.record)) return
  const left = JSON.stringify(shrunk(decoded.record))
  if (left !== value) await store.set(key, left, { expected: version, open: true })
}
