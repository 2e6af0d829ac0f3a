import type { Outcome } from '../core/record/outcome.ts'
import type { RequestGiven } from './call.ts'
import type { Named, OperationContext } from './operation-context.ts'
import type { OperationError } from '../public/errors.ts'

/** What the React hook and `enqueue` need of an operation besides its methods. */
export type OperationInside = {
  /** The client. All definitions of the same name that a client was given are about the same operations. */
  readonly client: object
  readonly context: OperationContext
  /** The operation that an input identifies, and the parts of its request, as they are in this tick. */
  callOf(input: unknown): { readonly operation: Named; readonly given: () => RequestGiven }
  /** Resolves with undefined if nothing is stored. */
  comparePayload(input: unknown): Promise<ComparedPayload | undefined>
  /** The same error with another outcome, for an operation of which more is known by now. */
  withOutcome(error: OperationError, outcome: Outcome): OperationError
}

/** Whether the stored operation was begun with the payload that an input makes. */
export type ComparedPayload = {
  /** Undefined if the operation was only concluded from outside. */
  readonly key: string | undefined
  readonly isSame: boolean
}

const insides = new WeakMap<object, OperationInside>()

export function keepInside<Kind extends object>(operation: Kind, inside: OperationInside): Kind {
  insides.set(operation, inside)
  return operation
}

/**
 * Undefined for an operation that is not one of a client (a test's own). Its payloads cannot be compared, so what it
 * reports counts for every payload.
 */
export function insideOf(operation: object): OperationInside | undefined {
  return insides.get(operation)
}
