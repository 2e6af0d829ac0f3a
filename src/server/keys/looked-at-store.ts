import { patientStore } from '../../stores/patient-store.ts'
import type { RecordStore, StoredRecord } from '../../public/store.ts'
import type { ServerRuntime } from '../server-runtime.ts'

/**
 * The same store, for which a request waits so long, and which may be the user's own: what it gives back is looked at. Anything
 * but undefined would count as the version of a write that was done, and two requests with one key would both be executed.
 */
export function lookedAtStore(given: RecordStore, runtime: ServerRuntime, patienceMs: number): RecordStore {
  const store = patientStore(given, runtime, patienceMs)
  return {
    ...store,
    async get(key) {
      const found: unknown = await store.get(key)
      if (found === undefined || isStored(found)) return found
      throw new Error('`get` of the store gave neither { value, version } nor undefined')
    },
    async set(key, value, options) {
      const version: unknown = await store.set(key, value, options)
      if (version === undefined || isVersion(version)) return version
      throw new Error('`set` of the store gave neither the new version, a text, nor undefined')
    },
    async delete(key, options) {
      const isDone: unknown = await store.delete(key, options)
      if (typeof isDone === 'boolean') return isDone
      throw new Error('`delete` of the store gave neither true nor false')
    },
  }
}

function isStored(found: unknown): found is StoredRecord {
  if (typeof found !== 'object' || found === null) return false
  const { value, version } = found as { readonly value?: unknown; readonly version?: unknown }
  return typeof value === 'string' && isVersion(version)
}

function isVersion(version: unknown): version is string {
  return typeof version === 'string' && version !== ''
}
