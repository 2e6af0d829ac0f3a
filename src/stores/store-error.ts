/**
 * What a store rejects with. `failed`: it could not read or write now, and a write that was asked for may or
 * may not be stored. `corrupt`: it did read, and what it found is damaged, sealed with another key, or from
 * something newer than this code; nothing was overwritten.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly kind: 'failed' | 'corrupt'
  /** Of the one record that cannot be understood, where it is one: what `delete` needs to drop it all the same. */
  readonly version: string | undefined
  /** What a page can show, or do something about; undefined where nothing more than the message is known. */
  readonly reason: StoreFailureReason | undefined

  constructor(
    kind: 'failed' | 'corrupt',
    message: string,
    details: {
      readonly cause?: unknown
      readonly version?: string | undefined
      readonly reason?: StoreFailureReason | undefined
    } = {},
  ) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.kind = kind
    this.version = details.version
    this.reason = details.reason
  }
}

/**
 * Why a store failed. `blocked`: it may not be used here (private mode, blocked cookies, a read-only file).
 * `full`: there is no room. `busy`: another tab or process holds it. `lost`: its connection or its disk failed.
 * `missing`: this runtime does not have what the store is made of, and never had: the store has held nothing here, and the
 * calls end as `configuration`.
 */
export type StoreFailureReason = 'blocked' | 'full' | 'busy' | 'lost' | 'missing'

/** What every operation of a store rejects with once `close` was called. */
export function closedError(store: string): StoreError {
  return new StoreError('failed', `The ${store} was closed: nothing was read or written. Open a new one.`)
}

/** Of a runtime that does not have what a store is made of. A page that a server renders may make the store all the same. */
export function missingError(store: string, what: string, cause: unknown): StoreError {
  return new StoreError(
    'failed',
    `${store}: needs ${what}, which this runtime does not have: nothing was read, written or sent`,
    { cause, reason: 'missing' },
  )
}
