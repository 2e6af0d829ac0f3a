import { StoreError, type StoreFailureReason } from '../store-error.ts'

/*
 * An error of the server begins with a word in capitals
 * (https://redis.io/docs/latest/develop/reference/protocol-spec/, "simple errors"). An error without such a word is
 * an error of the connection.
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

/** Redis 6 wraps an error inside a script in a sentence: `ERR Error running script (call to f_…): …: -OOM …`. */
const WORD = /^(?:ERR Error running script .*?: -)?([A-Z][A-Z0-9]+) /

/** Inside a script a missing right has no word of its own: Redis 6 and 7.0 say the first, later versions the second. */
const NOT_PERMITTED = /The user executing the script can't|ACL failure in script/

function wordOf(error: unknown): string | undefined {
  return error instanceof Error ? WORD.exec(error.message)?.[1] : undefined
}

/** Whether the server does not know the script, because it was restarted or its scripts were flushed. */
export function isUnknownScript(error: unknown): boolean {
  return wordOf(error) === 'NOSCRIPT'
}

/** Whether the connection failed, so that a command may or may not have been done. */
export function isLostCommand(error: unknown): boolean {
  return wordOf(error) === undefined && !(error instanceof StoreError)
}

/**
 * The error that a store's method rejects with. Its cause is the library's error, without the command and its
 * arguments, because those hold the record.
 */
export function errorOfRedis(error: unknown): StoreError {
  if (error instanceof StoreError) return error
  const why = error instanceof Error ? error.message : String(error)
  // A property that ioredis adds.
  if (error instanceof Error) Reflect.deleteProperty(error, 'command')
  return new StoreError('failed', `The Redis store could not be used: ${why}`, {
    cause: error,
    reason: reasonOf(error, why),
  })
}

function reasonOf(error: unknown, why: string): StoreFailureReason | undefined {
  if (isLostCommand(error)) return 'lost'
  return NOT_PERMITTED.test(why) ? 'blocked' : REASONS[wordOf(error) ?? '']
}
