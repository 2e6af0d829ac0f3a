import type { WhichGeneration } from '../../core/stored/which-generation.ts'
import { claimingNothing } from '../../guards/callback.ts'
import { callOptions } from '../../guards/option-checks.ts'
import { isOperationError, withOutcome } from '../../public/errors.ts'
import { callSignal, checkedConclusion, checkedForget, resumeOptions } from './call-arguments.ts'
import type { RecordOperations, StoredOperations } from './stored-operation.ts'

/**
 * One stored operation whose methods say nothing of it by a mistake in the call. The arguments are checked, and `loaded`
 * is called, in the tick of each call; `begins` says that the call may be the first about its operation.
 */
export function guardedOperation<Output>(
  loaded: (begins?: boolean) => Promise<StoredOperations<Output>>,
  name: string,
  /** What `conclude` and `forget` mean where their caller does not say. */
  which: WhichGeneration,
): RecordOperations<Output> {
  const at = `operation(${name}).`
  const inspect = async (...options: readonly object[]) => {
    callOptions(options[0], [], `${at}inspect`)
    return (await loaded()).inspect()
  }
  return {
    inspect: (...options: []) => claimingNothing(() => inspect(...options)),
    settle: async options => {
      try {
        const checked = callSignal(options, `${at}settle`)
        return await (await loaded()).settle(checked)
      } catch (error) {
        if (isOperationError(error)) return { outcome: 'unknown', error: withOutcome(error, 'unknown') }
        throw error
      }
    },
    resume: options =>
      claimingNothing(async () => {
        const checked = resumeOptions(options, `${at}resume`)
        return (await loaded()).resume(checked)
      }),
    cancel: options =>
      claimingNothing(async () => {
        const checked = callSignal(options, `${at}cancel`)
        return (await loaded(true)).cancel(checked)
      }),
    conclude: (conclusion, options) =>
      claimingNothing(async () => {
        const checked = checkedConclusion(conclusion, options, which, `${at}conclude`)
        return (await loaded()).conclude(checked)
      }),
    forget: options =>
      claimingNothing(async () => {
        const checked = checkedForget(options, which, `${at}forget`)
        return (await loaded()).forget(checked)
      }),
  }
}
