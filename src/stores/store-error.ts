/**
 * The error that a store rejects with. `failed`: the store could not read or write now, and a requested write may or
 * may not be stored. `corrupt`: the store did read, and what it found is damaged, encrypted with another key, or
 * written by something newer than this code; nothing was overwritten.
 */
export class StoreError extends Error {
  override readonly name = 'StoreError'
  readonly kind: 'failed' | 'corrupt'
  /** The version of the one record that cannot be understood: `delete` needs it to remove that record all the same. */
  readonly version: string | undefined
  /** A reason that a page can show or act on; undefined if nothing more than the message is known. */
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
 * Why a store failed. `blocked`: the store may not be used here (private mode, blocked cookies, a read-only file).
 * `full`: there is no room. `busy`: another tab or process holds the store. `lost`: its connection or its disk
 * failed. `missing`: this runtime lacks what the store is built on, so the calls end as `configuration`. Another runtime
 * of the same user, as the browser behind a server that renders, may hold records, so the outcome stays `unknown`.
 */
export type StoreFailureReason = 'blocked' | 'full' | 'busy' | 'lost' | 'missing'

/** The error for every operation after `close` was called. */
export function closedError(store: string): StoreError {
  return new StoreError('failed', `The ${store} was closed: nothing was read or written. Open a new one.`)
}

/**
 * The error for a runtime that lacks what a store is built on. The error comes at the first use, because a page that
 * is rendered on a server may create the store without using it.
 */
export function missingError(store: string, what: string, cause: unknown): StoreError {
  return new StoreError(
    'failed',
    `${store}: needs ${what}, which this runtime does not have: nothing was read or written`,
    { cause, reason: 'missing' },
  )
}
