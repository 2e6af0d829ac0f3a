import { StoreError } from './store-error.ts'

/** What IndexedDB refused, as the store says it; what the store threw itself stays as it is. */
export function storeErrorFrom(error: unknown, name: string): StoreError {
  if (error instanceof StoreError) return error
  const { kind, what } = explain(error)
  return new StoreError(kind, `The IndexedDB store "${name}" ${what}`, { cause: error })
}

/** Whether the connection was closed under the operation before it could begin. */
export function isConnectionClosed(error: unknown): boolean {
  return nameOf(error) === 'InvalidStateError'
}

function explain(error: unknown): { readonly kind: StoreError['kind']; readonly what: string } {
  switch (nameOf(error)) {
    case 'QuotaExceededError':
      return failed('has no room: the quota of this site is used up. Nothing was written.')
    case 'SecurityError':
      return failed('may not be used: the browser blocks the data of this site. Nothing was read or written.')
    case 'ReferenceError':
      return failed('cannot be used: there is no IndexedDB here. Nothing was read or written.')
    case 'InvalidStateError':
      return failed('was closed by the browser. Nothing was read or written.')
    case 'VersionError':
      return corrupt(
        'was written by a newer version of stillonce: it was left as it is. Load the page again, or update stillonce.',
      )
    case 'NotFoundError':
      return corrupt('is the database of another application: it was left as it is. Give another name.')
    default:
      return failed(`could not be used: ${error instanceof Error ? error.message : String(error)}.`)
  }
}

function failed(what: string): ReturnType<typeof explain> {
  return { kind: 'failed', what }
}

function corrupt(what: string): ReturnType<typeof explain> {
  return { kind: 'corrupt', what }
}

/** A DOMException of another frame is no instance of ours. */
function nameOf(error: unknown): unknown {
  return typeof error === 'object' && error !== null && 'name' in error ? error.name : undefined
}
