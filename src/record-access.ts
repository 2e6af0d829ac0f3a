import { claimingNothing } from './callback.ts'
import type { Payload } from './engine/payload.ts'
import { isOperationError, withOutcome } from './errors.ts'
import type { Named, OperationContext } from './operation-context.ts'
import { loadedRecordKeeping } from './parts.ts'
import type { RecordOperations } from './record-operations.ts'

/**
 * What can be done with one stored operation, whether the part that does it is loaded by now or not. Whom a
 * call is about, and whose operation it is, is told in the tick of the call.
 */
export function recordAccess<Output>(
  context: OperationContext,
  of: () => Named,
  payload?: () => Promise<Payload>,
  /** The number that the id spells, for a caller that has only its text. */
  spelled?: () => Named,
): RecordOperations<Output> {
  const loaded = async (begins = false): Promise<RecordOperations<Output>> => {
    const operation = captured(of)
    const number = spelled === undefined ? undefined : captured(spelled)
    const part = await loadedRecordKeeping()
    if (number === undefined) return part.recordOperations<Output>(context, operation, payload)
    const meant = await part.spelledOf(context, operation(), number(), begins)
    return part.recordOperations<Output>(context, () => meant)
  }
  return {
    inspect: (...options: []) => claimingNothing(async () => (await loaded()).inspect(...options)),
    settle: async options => {
      try {
        return await (await loaded()).settle(options)
      } catch (error) {
        if (isOperationError(error)) return { outcome: 'unknown', error: withOutcome(error, 'unknown') }
        throw error
      }
    },
    resume: options => claimingNothing(async () => (await loaded()).resume(options)),
    cancel: options => claimingNothing(async () => (await loaded(true)).cancel(options)),
    conclude: (told, options) => claimingNothing(async () => (await loaded()).conclude(told, options)),
    forget: options => claimingNothing(async () => (await loaded()).forget(options)),
  }
}

function captured<Value>(callback: () => Value): () => Value {
  try {
    const value = callback()
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}
