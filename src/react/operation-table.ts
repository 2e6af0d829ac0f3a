import { insideOf } from '../client/operation-inside.ts'
import { SharedOperation } from './shared-operation.ts'

/*
 * The operations that hooks of this page show, by client and by the text that names them, scope included. One that
 * nobody shows any more, and of which nothing is under way, is dropped: who comes later reads what is stored.
 */
const tables = new WeakMap<object, Map<string, SharedOperation>>()

/** `held` is what a hook had of it before nobody showed it. */
export function sharedOperation(operation: object, name: string, held?: SharedOperation): SharedOperation {
  const table = tableOf(operation)
  const shared = table.get(name) ?? held ?? new SharedOperation()
  shared.onIdle = () => {
    if (table.get(name) === shared) table.delete(name)
  }
  table.set(name, shared)
  return shared
}

/** The same, if a hook shows it already: rendering makes none. */
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
