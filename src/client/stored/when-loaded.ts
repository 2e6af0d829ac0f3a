import { argumentNow } from '../../engine/request/spec-now.ts'
import { captured } from '../../guards/callback.ts'
import { isOperationError } from '../../public/errors.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import { loadedStoredPart, storedPart } from '../parts.ts'
import type { About } from './record-operations.ts'
import type { RecordOperations } from './stored-operation.ts'

/**
 * What can be done with one stored operation, whether the part that does it is loaded by now or not. Whom a
 * call is about, whose operation it is, and what it says, is taken in the tick of the call.
 */
export function whenLoaded<Output>(
  context: OperationContext,
  of: () => Named,
  about: About,
): RecordOperations<Output> {
  const on = async <Args extends readonly unknown[], Value>(
    work: (its: RecordOperations<Output>, ...args: Args) => Promise<Value>,
    ...args: Args
  ): Promise<Value> => {
    const part = storedPart.now
    if (part !== undefined) return work(part.recordOperations(context, of, about), ...args)
    const now = { ...about, spelled: about.spelled && captured(about.spelled) }
    const operation = captured(of)
    const said = args.map(argumentNow) as unknown as Args
    return work((await loadedStoredPart()).recordOperations(context, operation, now), ...said)
  }
  return {
    inspect: (...none: []) => on((its, ...args: []) => its.inspect(...args), ...none),
    settle: async options => {
      try {
        return await on((its, told) => its.settle(told), options)
      } catch (error) {
        if (isOperationError(error)) return { outcome: 'unknown', error }
        throw error
      }
    },
    resume: options => on((its, told) => its.resume(told), options),
    cancel: options => on((its, told) => its.cancel(told), options),
    conclude: (told, options) => on((its, what, how) => its.conclude(what, how), told, options),
    forget: options => on((its, told) => its.forget(told), options),
  }
}
