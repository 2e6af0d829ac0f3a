import { StoreError, type StoreFailureReason } from '../store-error.ts'

/*
 * Errors of PostgreSQL by SQLSTATE (https://www.postgresql.org/docs/current/errcodes-appendix.html). A driver's error
 * without a SQLSTATE is an error of the connection.
 */

/** The statement changed nothing and can be sent again: serialization_failure, deadlock_detected. */
const SEND_AGAIN: ReadonlySet<string> = new Set(['40001', '40P01'])

const BUSY: ReadonlySet<string> = new Set(['53300', '55P03', '57014'])
const FULL: ReadonlySet<string> = new Set(['53000', '53100', '53200', '53400', '54000'])
/**
 * The role may not write or log in, or the server is a standby: insufficient_privilege, read_only_sql_transaction,
 * and three more about login.
 */
const BLOCKED: ReadonlySet<string> = new Set(['42501', '25006', '28000', '28P01', '3D000'])
const UNDEFINED_TABLE = '42P01'
/** Another process is creating the same table right now: duplicate_table, duplicate_object, unique_violation. */
const BEING_MADE: ReadonlySet<string> = new Set(['42P07', '42710', '23505'])

/** No SQLSTATE begins with E, but names of system errors do, and some (EPIPE) have five characters too. */
const SQLSTATE = /^(?!E)[0-9A-Z]{5}$/

function sqlState(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('code' in error)) return undefined
  return typeof error.code === 'string' && SQLSTATE.test(error.code) ? error.code : undefined
}

/** Whether the server has undone the statement because of a conflict with another one. */
export function mustBeSentAgain(error: unknown): boolean {
  return SEND_AGAIN.has(sqlState(error) ?? '')
}

/**
 * Whether the connection failed, so that the statement may or may not have been done: class 08 (connection
 * exception), 57P (shutdown, crash), or an error that is no answer of the server at all.
 */
export function isLostStatement(error: unknown): boolean {
  if (error instanceof StoreError) return false
  const state = sqlState(error)
  return state === undefined || state.startsWith('08') || state.startsWith('57P')
}

export function isBeingMade(error: unknown): boolean {
  return BEING_MADE.has(sqlState(error) ?? '')
}

/** The error that a store's method rejects with. The driver's error is its cause. */
export function errorOfPostgres(error: unknown, table: string): StoreError {
  if (error instanceof StoreError) return error
  const state = sqlState(error)
  const why = error instanceof Error ? error.message : String(error)
  const advice = state === UNDEFINED_TABLE ? ' Call `await store.migrate()` once, before the first use.' : ''
  return new StoreError('failed', `The Postgres store ${table} could not be used: ${why}.${advice}`, {
    cause: error,
    reason: reasonOf(state, error),
  })
}

function reasonOf(state: string | undefined, error: unknown): StoreFailureReason | undefined {
  if (isLostStatement(error)) return 'lost'
  if (state === undefined) return undefined
  if (BUSY.has(state) || SEND_AGAIN.has(state)) return 'busy'
  if (FULL.has(state)) return 'full'
  return BLOCKED.has(state) ? 'blocked' : undefined
}
