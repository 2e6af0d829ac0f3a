import type { ClientCore } from '../client-core.ts'
import type { Journal } from '../../engine/stored/journal.ts'
import { StoreFailure, isStoredRecord, openJournal } from '../../engine/stored/journal.ts'
import { patientStore } from '../../stores/patient-store.ts'
import { scopeOfKey } from '../../core/names/identity.ts'
import type { Named } from '../operation-context.ts'
import type { ListedRecord, RecordStore } from '../../public/store.ts'

/* The stored records as calls see them that no run's deadline bounds. */

export function patientStoreOf({ engine }: ClientCore): RecordStore {
  return patientStore(engine.store, engine.runtime, engine.settings.timeoutMs)
}

export function patientJournal(core: ClientCore, operation: Named): Journal {
  return openJournal(core.engine, patientStoreOf(core), operation)
}

/** The open records that begin with a prefix, as they are stored. */
export async function* openRecords(core: ClientCore, prefix: string): AsyncGenerator<ListedRecord> {
  try {
    for await (const listed of patientStoreOf(core).listOpen(prefix)) {
      if (!isStoredRecord(listed) || typeof listed.key !== 'string')
        throw new TypeError('the store listed what is no record')
      yield listed
    }
  } catch (error) {
    core.engine.emit(
      { name: '', operationId: '', scope: scopeOfKey(prefix), key: undefined },
      { type: 'store-failed', doing: 'list', cause: error },
    )
    throw new StoreFailure('the store could not list its open records', false, error)
  }
}
