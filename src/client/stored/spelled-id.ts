import { definitionPath } from '../../engine/plan.ts'
import type { OperationRecord } from '../../core/record/operation-record.ts'
import { StoreFailure } from '../../engine/stored/journal.ts'
import { isTombstone } from '../../core/record/tombstone.ts'
import { isLookOld } from '../../core/run/knowledge.ts'
import { configurationError } from '../../public/errors.ts'
import { errorOf } from '../error-of.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import { patientJournal } from './patient-journal.ts'
import { storeError } from './store-errors.ts'
import type { StoredOperations } from './stored-operation.ts'
import { storedOperation } from './stored-operation.ts'

/** The methods for whichever operation a text identifies. */
export async function spelledOperation<Output>(
  context: OperationContext,
  text: Named,
  number: Named,
  begins: boolean,
): Promise<StoredOperations<Output>> {
  const meant = await spelledOf(context, text, number, begins)
  const operations = storedOperation<Output>(context, () => meant)
  if (meant === number) return operations
  return {
    ...operations,
    async settle(options) {
      const settled = await operations.settle(options)
      const isOfNothing = settled.outcome === 'not-executed' && (settled.error.key ?? '') === ''
      if (!isOfNothing) return settled
      // The number's absence is known from an earlier look: its operation may have been begun since then.
      const { runtime } = context.core.engine
      const since = { nowAt: runtime.now(), monotonicMs: runtime.monotonic() }
      const now = await spelledOf(context, text, number, false)
      if (now === number) return storedOperation<Output>(context, () => number).settle(options)
      const isOld = isLookOld(
        { heard: { stored: undefined, since } },
        { wallAt: runtime.now(), ms: runtime.monotonic() },
      )
      const reason =
        'the store answers so slowly that the operation of the number may have been begun since it was read'
      return isOld
        ? {
            outcome: 'unknown',
            error: errorOf(
              { code: 'store-failed', outcome: 'unknown', reason },
              { ...text, record: undefined },
            ),
          }
        : settled
    },
  }
}

/**
 * Decides which of two operations a text identifies: the text's own, or that of the number it spells, if only that one
 * is stored or live. Contract: section 11, 7. Rejects with `configuration` if both exist, and with `store-failed` if
 * that cannot be read. A call that would begin an operation (`begins`: a cancel seals an operation that was never
 * begun) rejects if neither is known: sealing the text's key would stop nothing under the number.
 */
async function spelledOf(
  context: OperationContext,
  text: Named,
  number: Named,
  begins: boolean,
): Promise<Named> {
  const [ofText, ofNumber] = await Promise.all([known(context, text), known(context, number)])
  if (ofText === 'there' && ofNumber === 'there')
    throw configurationError(
      `${definitionPath(context.plan)}.byId`,
      `there is an operation of the text and one of the number ${number.operationId}: give the number, or its input`,
      'unknown',
    )
  if (begins && ofText === 'unknown' && ofNumber === 'unknown')
    throw configurationError(
      `${definitionPath(context.plan)}.byId`,
      `nothing is stored of the text nor of the number ${number.operationId}, so that it is not clear which of them is to be cancelled: give the number, or cancel with the input`,
      'unknown',
    )
  // An operation that was forgotten still counts its generations.
  return ofNumber === 'there' || (ofNumber === 'forgotten' && ofText === 'unknown') ? number : text
}

async function known(
  context: OperationContext,
  operation: Named,
): Promise<'there' | 'forgotten' | 'unknown'> {
  if (context.core.liveRun(operation.liveKey) !== undefined) return 'there'
  let record: OperationRecord | undefined
  try {
    record = await patientJournal(context.core, operation).read()
  } catch (error) {
    // A record that cannot be understood still exists.
    if (error instanceof StoreFailure && error.corrupt) return 'there'
    throw storeError(operation, error)
  }
  if (record === undefined) return 'unknown'
  return isTombstone(record) ? 'forgotten' : 'there'
}
