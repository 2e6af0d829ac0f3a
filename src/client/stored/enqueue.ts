import { isObject } from '../../guards/option-checks.ts'
import { configurationError } from '../../public/errors.ts'
import type { DatabaseTransaction, RecordsWithin } from '../../public/store.ts'
import { Part } from '../../runtime/part.ts'
import type { OperationContext } from '../operation-context.ts'
import type { Operation } from '../operation.ts'
import { insideOf } from '../operation-inside.ts'
import type { Snapshot } from '../snapshot.ts'

/** Loads the performing code and the schema of records, so that importing the store alone brings neither. */
const recordPart = new Part(() => import('./enqueue-record.ts'))

/**
 * Records an operation within a transaction of the caller, on the database of the client's store, to be sent after the
 * commit: together with the caller's own rows, or not at all. The result is an open operation with a stored request,
 * under a key that nobody has sent yet. A worker, or `client.resume({ scope: 'all', send: true })`, sends it, however
 * old it is by then, and `run` of the same input joins it. Resolves with what is stored.
 *
 * Enqueuing the same operation again with the same payload has no further effect. With another payload the call rejects
 * with an OperationError of code `payload-mismatch` (reason `changed`), and the transaction may go on without it. After
 * a proven failure a new generation begins, as with `run`. An open operation that nobody could send for this caller is
 * refused in the same way: sent before under another account or profile, or in other bytes to a server that compares
 * bytes (`unresolved`), or surely not executed, with a key that is too old by now (`key-expired`). The definition needs
 * `persist: 'request'`. If the database fails, the call rejects with the driver's own error; then repeat the whole
 * transaction, or give it up.
 *
 * @example
 * await pool.transaction(async transaction => {
 *   await transaction.query('INSERT INTO orders (id) VALUES ($1)', [order.id])
 *   await enqueue(transaction, charge, { order: order.id, amount: order.total })
 * })
 */
export async function enqueue<Input, Output>(
  transaction: DatabaseTransaction,
  operation: Operation<Input, Output>,
  input: Input,
): Promise<Snapshot<Output>> {
  const inside = isObject(operation) ? insideOf(operation) : undefined
  if (inside === undefined) throw configurationError('enqueue.operation', 'must be an operation of a client')
  const { context } = inside
  const records = recordsOf(context, transaction)
  // Copied now: if the caller changes its input later, that is another payload.
  const { operation: about, given } = inside.callOf(input)
  const { enqueueRecord } = await recordPart.load()
  return (await enqueueRecord(context, about, records, given)) as Snapshot<Output>
}

function recordsOf({ core, plan }: OperationContext, transaction: DatabaseTransaction): RecordsWithin {
  const path = `operation(${plan.name})`
  if (plan.persist !== 'request')
    throw configurationError(
      `${path}.persist`,
      "must be 'request': what is enqueued is sent by another call or process",
    )
  if (!isObject(transaction) || typeof transaction.query !== 'function')
    throw configurationError('enqueue.transaction', 'must be an object with `query(text, values)`')
  const records = core.engine.store.within?.(transaction)
  if (records === undefined)
    throw configurationError('store', 'must lie in the database of the transaction: postgresStore(pool)')
  return records
}
