import type { End } from '../../core/run/end.ts'
import { isTombstone } from '../../core/record/tombstone.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import { settledFrom } from '../settled.ts'
import type { Snapshot } from '../snapshot.ts'
import { snapshotOf } from '../snapshot-of.ts'
import { patientJournal } from './patient-journal.ts'
import { storeError } from './store-errors.ts'

/** What the store knows of an operation. `response` reads its result. */
export async function inspect<Output>(
  context: OperationContext,
  operation: Named,
): Promise<Snapshot<Output> | undefined> {
  const journal = patientJournal(context.core, operation)
  const record = await journal.read().catch((error: unknown) => {
    throw storeError(operation, error)
  })
  if (record === undefined || isTombstone(record)) return undefined
  const snapshot = snapshotOf(record)
  if (record.state !== 'succeeded' && record.state !== 'failed') {
    const nextLookAt = context.core.watching?.nextLookAt(operation.liveKey)
    return Object.freeze({ ...snapshot, nextLookAt }) as Snapshot<Output>
  }
  const { rememberMs } = context.plan.settings
  const isForgettable =
    record.state === 'succeeded' && context.core.engine.runtime.now() >= record.settledAt + rememberMs
  const end: End =
    record.state === 'succeeded'
      ? {
          kind: 'executed',
          record: isForgettable ? { ...record, result: undefined } : record,
          replayed: true,
        }
      : { kind: 'failed', record }
  const settled = await settledFrom<Output>(end, {
    ...operation,
    runtime: context.core.engine.runtime,
    schema: context.schema,
    honoursKeys: context.plan.settings.profile.honoursKeys,
    parseJson: context.core.engineOf(record.scope).transport.parseJson,
    answer: undefined,
    record,
  })
  return Object.freeze({
    ...snapshot,
    data: settled.outcome === 'executed' ? settled.data : undefined,
    error: settled.error,
    replayed: settled.outcome === 'executed',
  })
}
