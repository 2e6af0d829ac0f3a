import { patienceOf, patientStore } from '../../stores/patient-store.ts'
import type { RecordStore, StoredRecord } from '../../public/store.ts'
import type { ServerRuntime } from '../server-runtime.ts'

/**
 * The same store, with a time limit for each request, and with its results checked, because the store may be the
 * user's own. Without the check any value but undefined would count as the version of a successful write, and two
 * requests with one key would both be executed.
 */
export function lookedAtStore(given: RecordStore, runtime: ServerRuntime, patienceMs: number): RecordStore {
  const patient = patienceOf(runtime, patienceMs)
  return {
    ...patientStore(given, runtime, patienceMs),
    get: key => patient(() => given.get(key), lookAtFound),
    set: (key, value, options) => patient(() => given.set(key, value, options), lookAtVersion),
    delete: (key, options) => patient(() => given.delete(key, options), lookAtDone),
  }
}

function lookAtFound(found: unknown): void {
  if (found !== undefined && !isStored(found))
    throw new Error('`get` of the store gave neither { value, version } nor undefined')
}

function lookAtVersion(version: unknown): void {
  if (version !== undefined && !isVersion(version))
    throw new Error('`set` of the store gave neither the new version, a text, nor undefined')
}

function lookAtDone(isDone: unknown): void {
  if (typeof isDone !== 'boolean') throw new Error('`delete` of the store gave neither true nor false')
}

function isStored(found: unknown): found is StoredRecord {
  if (typeof found !== 'object' || found === null) return false
  const { value, version } = found as { readonly value?: unknown; readonly version?: unknown }
  return typeof value === 'string' && isVersion(version)
}

function isVersion(version: unknown): version is string {
  return typeof version === 'string' && version !== ''
}
