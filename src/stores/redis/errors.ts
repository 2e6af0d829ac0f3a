import { StoreError, type StoreFailureReason } from '../store-error.ts'

/*
 * An error of the server begins with a word in capitals (https://redis.io/docs/latest/develop/reference/protocol-spec/,
 * "simple errors"). What has none is about the connection.
 */
const REASONS: Readonly<Record<string, StoreFailureReason>> = {
  OOM: 'full',
  MISCONF: 'full',
  LOADING: 'busy',
  BUSY: 'busy',
  CLUSTERDOWN: 'busy',
  TRYAGAIN: 'busy',
  MASTERDOWN: 'busy',
  NOREPLICAS: 'busy',
  READONLY: 'blocked',
  NOAUTH: 'blocked',
  NOPERM: 'blocked',
  WRONGPASS: 'blocked',
}

function wordOf(error: unknown): string | undefined {
  return error instanceof Error ? /^([A-Z][A-Z0-9]+) /.exec(error.message)?.[1] : undefined
}

/** The server does not know the script (it was restarted, or its scripts were flushed). */
export function isUnknownScript(error: unknown): boolean {
  return wordOf(error) === 'NOSCRIPT'
}

/** Whether the connection failed, so that a command may or may not have been done. */
export function isLostCommand(error: unknown): boolean {
  return wordOf(error) === undefined && !(error instanceof StoreError)
}

/** What a store's method rejects with. The library's error is its cause. */
export function errorOfRedis(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const why = error instanceof Error ? error.message : String(error)
  return new StoreError('failed', `The Redis store could not be used: ${why}`, {
    cause: error,
    reason: isLostCommand(error) ? 'lost' : REASONS[wordOf(error) ?? ''],
  })
}
