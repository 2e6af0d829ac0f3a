import type { ClientCore } from '../client-core.ts'
import type { Journal } from '../../engine/stored/journal.ts'
import { StoreFailure, isStoredRecord, openJournal } from '../../engine/stored/journal.ts'
import { patientStore } from '../../stores/patient-store.ts'
import { allScopesPrefix, scopeOfKey } from '../../core/names/identity.ts'
import type { Named } from '../operation-context.ts'
import type { ListedRecord, RecordStore } from '../../public/store.ts'

/* Access to stored records for calls that no run's deadline limits. */

export function patientStoreOf({ engine }: ClientCore): RecordStore {
  return patientStore(engine.store, engine.runtime, engine.settings.timeoutMs)
}

export function patientJournal(core: ClientCore, operation: Named): Journal {
  return openJournal(core.engine, patientStoreOf(core), operation)
}

/** How many scopes are listed at a time. */
const SCOPES_PER_PAGE = 500

/** The key prefix of each scope that has open records; undefined if the store cannot list them. */
export function openScopes(core: ClientCore): AsyncGenerator<string> | undefined {
  const store = patientStoreOf(core)
  const folders = store.openFolders?.bind(store)
  return folders && pagesOf(core, folders)
}

async function* pagesOf(
  core: ClientCore,
  folders: NonNullable<RecordStore['openFolders']>,
): AsyncGenerator<string> {
  for (let after: string | undefined; ;) {
    const page = await folders(allScopesPrefix, { after, limit: SCOPES_PER_PAGE }).catch((error: unknown) => {
      throw notListed(core, allScopesPrefix, error)
    })
    yield* page
    after = page.at(-1)
    if (after === undefined || page.length < SCOPES_PER_PAGE) return
  }
}

/** The open records whose key begins with a prefix, as they are stored. */
export async function* openRecords(core: ClientCore, prefix: string): AsyncGenerator<ListedRecord> {
  try {
    for await (const listed of patientStoreOf(core).listOpen(prefix)) {
      if (!isStoredRecord(listed) || typeof listed.key !== 'string')
        throw new TypeError('the store listed what is no record')
      yield listed
    }
  } catch (error) {
    throw notListed(core, prefix, error)
  }
}

function notListed(core: ClientCore, prefix: string, error: unknown): StoreFailure {
  core.engine.emit(
    { name: '', operationId: '', scope: scopeOfKey(prefix), key: undefined },
    { type: 'store-failed', doing: 'list', cause: error },
  )
  return new StoreFailure('the store could not list its open records', false, error)
}
