import type { ClientCore } from '../client-core.ts'
import { scopePrefix } from '../../core/names/identity.ts'
import { isOpen } from '../../core/record/operation-record.ts'
import { StoreFailure } from '../../engine/stored/journal.ts'
import { shrunk } from '../../core/record/tombstone.ts'
import { decodeStored } from '../../engine/stored/decode-stored.ts'
import { configurationError } from '../../public/errors.ts'
import { storeFailedError } from './store-errors.ts'
import { patientStoreOf } from './patient-journal.ts'

/** Removes the settled records of a scope; open ones shrink to key, target and times, or go by force. */
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
      'is needed by `clear`: this store cannot list what is settled',
    )
  }
  try {
    for await (const listed of store.listSettled(prefix))
      await store.delete(listed.key, { expected: listed.version })
    for await (const listed of store.listOpen(prefix)) {
      if (force === 'force') {
        await store.delete(listed.key, { expected: listed.version })
        continue
      }
      const decoded = await decodeStored(listed.value)
      if (!decoded.ok || !isOpen(decoded.record)) continue
      const value = JSON.stringify(shrunk(decoded.record))
      if (value !== listed.value) await store.set(listed.key, value, { expected: listed.version, open: true })
    }
  } catch (error) {
    throw storeFailedError(new StoreFailure('the store could not be cleared', false, error))
  }
}
