import type { WhichGeneration } from '../../core/stored/which-generation.ts'
import type { Payload } from '../../engine/request/payload.ts'
import { captured } from '../../guards/callback.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import { guardedOperation } from './guarded-operation.ts'
import { spelledOperation } from './spelled-id.ts'
import type { RecordOperations } from './stored-operation.ts'
import { storedOperation } from './stored-operation.ts'

export type About = {
  readonly payload?: (() => Promise<Payload>) | undefined
  /** The number that the id spells, for a caller that has only its text. */
  readonly spelled?: (() => Named) | undefined
  /** What `conclude` and `forget` mean where their caller does not say. */
  readonly which?: WhichGeneration | undefined
}

/** What can be done with one stored operation. Whom a call is about is taken in its tick. */
export function recordOperations<Output>(
  context: OperationContext,
  of: () => Named,
  { payload, spelled, which = {} }: About = {},
): RecordOperations<Output> {
  const found = async (begins = false) => {
    const operation = captured(of)
    if (spelled === undefined) return storedOperation<Output>(context, operation, payload)
    const number = captured(spelled)
    return spelledOperation<Output>(context, operation(), number(), begins)
  }
  return guardedOperation(found, context.plan.name, which)
}
