import type { Outcome } from '../core/record/outcome.ts'
import type { RequestGiven } from './call.ts'
import type { Named, OperationContext } from './operation-context.ts'
import type { OperationError } from '../public/errors.ts'

/** What the hook, and `enqueue`, need of an operation beside its methods. */
export type OperationInside = {
  /** The client: definitions of one name that it was given one after the other are about the same operations. */
  readonly client: object
  readonly context: OperationContext
  /** Which operation an input names, and what its request is made of, in this tick. */
  callOf(input: unknown): { readonly operation: Named; readonly given: () => RequestGiven }
  /** Undefined where nothing is stored. */
  comparePayload(input: unknown): Promise<ComparedPayload | undefined>
  /** The same error for an operation of which something else is known by now. */
  withOutcome(error: OperationError, outcome: Outcome): OperationError
}

/** What lies under the key was begun with the payload that an input makes, or with another one. */
export type ComparedPayload = {
  /** Undefined where it was concluded from outside only. */
  readonly key: string | undefined
  readonly isSame: boolean
}

const insides = new WeakMap<object, OperationInside>()

export function keepInside<Kind extends object>(operation: Kind, inside: OperationInside): Kind {
  insides.set(operation, inside)
  return operation
}

/** Of what is no operation of a client (a test's own) nothing can be compared: what it says is about every payload. */
export function insideOf(operation: object): OperationInside | undefined {
  return insides.get(operation)
}
