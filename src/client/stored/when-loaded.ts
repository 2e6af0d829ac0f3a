import type { Payload } from '../../engine/request/payload.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import type { WhichGeneration } from '../../core/stored/which-generation.ts'
import { captured } from '../../guards/callback.ts'
import { guardedOperation } from './guarded-operation.ts'
import { loadedStoredPart } from '../parts.ts'
import type { RecordOperations, StoredOperations } from './stored-operation.ts'

/**
 * What can be done with one stored operation, whether the part that does it is loaded by now or not. Whom a
 * call is about, whose operation it is, and what it says, is taken in the tick of the call.
 */
export function whenLoaded<Output>(
  context: OperationContext,
  of: () => Named,
  {
    payload,
    spelled,
    which = {},
  }: {
    readonly payload?: () => Promise<Payload>
    /** The number that the id spells, for a caller that has only its text. */
    readonly spelled?: (() => Named) | undefined
    /** What `conclude` and `forget` mean where their caller does not say. */
    readonly which?: WhichGeneration
  } = {},
): RecordOperations<Output> {
  const loaded = async (begins = false): Promise<StoredOperations<Output>> => {
    const operation = captured(of)
    const number = spelled === undefined ? undefined : captured(spelled)
    const part = await loadedStoredPart()
    if (number === undefined) return part.storedOperation<Output>(context, operation, payload)
    const meant = await part.spelledOf(context, operation(), number(), begins)
    return part.storedOperation<Output>(context, () => meant)
  }
  return guardedOperation(loaded, context.plan.name, which)
}
