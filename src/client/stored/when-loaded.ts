import { argumentNow } from '../../engine/request/spec-now.ts'
import { captured } from '../../guards/callback.ts'
import { isOperationError } from '../../public/errors.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import { loadedStoredPart, storedPart } from '../parts.ts'
import type { About } from './record-operations.ts'
import type { RecordOperations } from './stored-operation.ts'

/**
 * The methods for one stored operation, whether their code is loaded yet or not. Which operation a call concerns, and
 * with which arguments, is determined in the tick of the call.
 */
export function whenLoaded<Output>(
  context: OperationContext,
  of: () => Named,
  about: About,
): RecordOperations<Output> {
  const on = async <Value>(work: (its: RecordOperations<Output>) => Promise<Value>): Promise<Value> => {
    const part = storedPart.now
    if (part !== undefined) return work(part.recordOperations(context, of, about))
    const now = { ...about, spelled: about.spelled && captured(about.spelled) }
    const operation = captured(of)
    return work((await loadedStoredPart()).recordOperations(context, operation, now))
  }
  return {
    inspect: async (...options: []) => on(its => its.inspect(...options)),
    settle: async options => {
      const how = argumentNow(options)
      try {
        return await on(its => its.settle(how))
      } catch (error) {
        if (isOperationError(error)) return { outcome: 'unknown', error }
        throw error
      }
    },
    resume: async options => {
      const how = argumentNow(options)
      return on(its => its.resume(how))
    },
    cancel: async options => {
      const how = argumentNow(options)
      return on(its => its.cancel(how))
    },
    conclude: async (conclusion, options) => {
      const [what, how] = [argumentNow(conclusion), argumentNow(options)]
      return on(its => its.conclude(what, how))
    },
    forget: async options => {
      const how = argumentNow(options)
      return on(its => its.forget(how))
    },
  }
}
