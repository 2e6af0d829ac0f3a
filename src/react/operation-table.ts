import { insideOf } from '../client/operation-inside.ts'
import { SharedOperation } from './shared-operation.ts'

/*
 * The operations that hooks of this page show, by client and by the text that identifies them, scope included. An
 * operation that no hook shows any more, and of which nothing is under way, is dropped: a later hook reads the store.
 */
const tables = new WeakMap<object, Map<string, SharedOperation>>()

/** `held` is what a hook kept of the operation while no hook showed it. */
export function sharedOperation(operation: object, name: string, held?: SharedOperation): SharedOperation {
  const table = tableOf(operation)
  const shared = table.get(name) ?? held ?? new SharedOperation()
  shared.onIdle = () => {
    if (table.get(name) === shared) table.delete(name)
  }
  table.set(name, shared)
  return shared
}

/** The same, but only if a hook already shows the operation: rendering creates none. */
export function sharedNow(operation: object, name: string): SharedOperation | undefined {
  return tables.get(clientOf(operation))?.get(name)
}

function tableOf(operation: object): Map<string, SharedOperation> {
  const client = clientOf(operation)
  const table = tables.get(client) ?? new Map<string, SharedOperation>()
  tables.set(client, table)
  return table
}

function clientOf(operation: object): object {
  return insideOf(operation)?.client ?? operation
}
