import { claimingNothing } from '../../guards/callback.ts'
import type { Payload } from '../../engine/request/payload.ts'
import { isOperationError, withOutcome } from '../../public/errors.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import { loadedRecordKeeping } from '../parts.ts'
import { callOptions, requireFlag } from '../../guards/option-checks.ts'
import type { RecordOperations, ResumeOptions, StoredOperations } from './stored-operation.ts'
import type { WhichGeneration } from '../../engine/stored/which-generation.ts'
import { checkedConclusion, checkedForget } from './checked-at-call.ts'

/**
 * What can be done with one stored operation, whether the part that does it is loaded by now or not. Whom a
 * call is about, whose operation it is, and what is told of it, is taken in the tick of the call.
 */
export function recordAccess<Output>(
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
  const at = `operation(${context.plan.name}).`
  const loaded = async (begins = false): Promise<StoredOperations<Output>> => {
    const operation = captured(of)
    const number = spelled === undefined ? undefined : captured(spelled)
    const part = await loadedRecordKeeping()
    if (number === undefined) return part.recordOperations<Output>(context, operation, payload)
    const meant = await part.spelledOf(context, operation(), number(), begins)
    return part.recordOperations<Output>(context, () => meant)
  }
  const inspect = async (...options: readonly object[]) => {
    callOptions(options[0], [], `${at}inspect`)
    return (await loaded()).inspect()
  }
  return {
    inspect: (...options: []) => claimingNothing(() => inspect(...options)),
    settle: async options => {
      try {
        const told = signalOf(options, `${at}settle`)
        return await (await loaded()).settle(told)
      } catch (error) {
        if (isOperationError(error)) return { outcome: 'unknown', error: withOutcome(error, 'unknown') }
        throw error
      }
    },
    resume: options =>
      claimingNothing(async () => {
        const told = resumeOptions(options, `${at}resume`)
        return (await loaded()).resume(told)
      }),
    cancel: options =>
      claimingNothing(async () => {
        const told = signalOf(options, `${at}cancel`)
        return (await loaded(true)).cancel(told)
      }),
    conclude: (told, options) =>
      claimingNothing(async () => {
        const word = checkedConclusion(told, options, which, `${at}conclude`)
        return (await loaded()).conclude(word)
      }),
    forget: options =>
      claimingNothing(async () => {
        const word = checkedForget(options, which, `${at}forget`)
        return (await loaded()).forget(word)
      }),
  }
}

/** Where nothing but a signal can be given, null is none. */
function signalOf(options: { readonly signal?: AbortSignal | undefined } | undefined, path: string) {
  return callOptions(options ?? undefined, ['signal'], path)
}

/** What `resume` was told, of one operation or of all. */
export function resumeOptions(options: ResumeOptions | undefined, path: string): ResumeOptions {
  const told = callOptions(options, ['send', 'signal'], path)
  requireFlag(told.send, 'resume.send')
  return told
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
