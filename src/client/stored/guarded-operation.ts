import type { WhichGeneration } from '../../core/stored/which-generation.ts'
import { claimingNothing } from '../../guards/callback.ts'
import { callOptions } from '../../guards/option-checks.ts'
import { isOperationError, withOutcome } from '../../public/errors.ts'
import { callSignal, checkedConclusion, checkedForget, resumeOptions } from './call-arguments.ts'
import type { RecordOperations, StoredOperations } from './stored-operation.ts'

/**
 * The methods for one stored operation. A mistake in a call claims nothing about the operation. In the tick of each
 * call, the arguments are checked and `loaded` is called; `begins` means that the call may be the first about its
 * operation.
 */
export function guardedOperation<Output>(
  loaded: (begins?: boolean) => Promise<StoredOperations<Output>>,
  path: string,
  /** The generation that `conclude` and `forget` mean if their caller names none. */
  which: WhichGeneration,
): RecordOperations<Output> {
  const at = `${path}.`
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
