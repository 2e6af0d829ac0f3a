import type { OperationRecord } from '../../core/record/operation-record.ts'
import { forgotten } from '../../core/stored/forgotten.ts'
import type { WhichGeneration } from '../../core/stored/which-generation.ts'
import { isMeant, namesOne } from '../../core/stored/which-generation.ts'
import { isOperationError } from '../../public/errors.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import type { CheckedForget } from './call-arguments.ts'
import { changeStored } from './change-stored.ts'
import { patientJournal } from './patient-journal.ts'
import { tellChanged } from './store-news.ts'

export async function forget(
  { core }: OperationContext,
  operation: Named,
  { which, force }: CheckedForget,
): Promise<void> {
  const { runtime } = core.engine
  const journal = patientJournal(core, operation)
  try {
    const refused = await changeStored(operation, journal, record =>
      forgotten(record, { force, which }, runtime.now()),
    )
    if (refused !== undefined) throw refused.error
  } catch (error) {
    const isCorrupt = isOperationError(error) && error.code === 'store-corrupt'
    // If the caller names a key or generation, an unreadable record cannot be compared with it.
    if (!isCorrupt || force !== 'force' || namesOne(which)) throw error
    // A record that cannot be understood cannot be reduced to a tombstone, so it is removed altogether.
    if (!(await journal.delete())) throw error
  }
  const live = core.liveRun(operation.liveKey)
  // A run that has reached the next generation by now is not meant.
  if (force === 'force' && live !== undefined && isRunOf(live.record, which)) live.stop('forgotten')
  tellChanged(core.engine.store, operation.liveKey)
}

function isRunOf(record: OperationRecord | undefined, which: WhichGeneration): boolean {
  return record === undefined ? !namesOne(which) : isMeant(record, which)
}
