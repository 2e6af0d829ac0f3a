import type { WhichGeneration } from '../../core/stored/which-generation.ts'
import type { Payload } from '../../engine/request/payload.ts'
import { definitionPath } from '../../engine/plan.ts'
import { captured } from '../../guards/callback.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import { guardedOperation } from './guarded-operation.ts'
import { spelledOperation } from './spelled-id.ts'
import type { RecordOperations } from './stored-operation.ts'
import { storedOperation } from './stored-operation.ts'

export type About = {
  readonly payload?: (() => Promise<Payload>) | undefined
  /** The number that the id spells, for a caller that has the id only as a string. */
  readonly spelled?: (() => Named) | undefined
  /** The generation that `conclude` and `forget` mean if their caller names none. */
  readonly which?: WhichGeneration | undefined
}

/** The methods for one stored operation. Which operation a call concerns is determined in the tick of the call. */
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
  return guardedOperation(found, definitionPath(context.plan), which)
}
