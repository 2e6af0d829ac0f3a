import { keyFault } from '../../core/names/key-grammar.ts'
import type { OperationRecord } from '../../core/record/operation-record.ts'
import { concluded } from '../../core/stored/concluded.ts'
import type { WhichGeneration } from '../../core/stored/which-generation.ts'
import { configurationError } from '../../public/errors.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import type { CheckedConclusion } from './call-arguments.ts'
import { changeStored } from './change-stored.ts'
import { patientJournal } from './patient-journal.ts'
import { tellChanged } from './store-news.ts'

export async function conclude(
  context: OperationContext,
  operation: Named,
  { told, which, begins, path }: CheckedConclusion,
): Promise<void> {
  const { core, plan } = context
  const { runtime } = core.engine
  const { maxLength } = plan.settings.profile.key
  const fault = which.key === undefined ? undefined : keyFault(which.key, { maxLength })
  if (begins && fault !== undefined) throw configurationError(`${path}.key`, fault)
  const seed = () => ({
    v: 1 as const,
    ...operation.identity,
    generation: 1,
    key: which.key ?? runtime.createKey(),
    fingerprint: '',
    bodyHash: '',
    target: { ...noTarget, profile: plan.settings.profile.name },
    at: runtime.now(),
  })
  const conclusion = { told, which, path, begins: begins ? seed() : undefined }
  const refused = await changeStored(operation, patientJournal(core, operation), record =>
    concluded(record, conclusion, runtime.now()),
  )
  if (refused === undefined) {
    core.liveRun(operation.liveKey)?.lookAgain()
    return tellChanged(core.engine.store, operation.liveKey)
  }
  if (refused.late !== undefined) alarm(context, operation, which, refused.late)
  throw refused.error
}

const noTarget = { method: '', origin: '', path: '', queryHash: '', account: '' }

/** Reports a success of one generation while the store has another: the operation may have been executed twice. */
function alarm(
  { core, plan }: OperationContext,
  { identity, operationId }: Named,
  { key, generation }: WhichGeneration,
  stored: OperationRecord,
): void {
  // The second generation's `line` is the key of the first.
  const first = stored.generation === 2 ? stored.line : undefined
  core.engine.emit(
    {
      name: plan.name,
      operationId,
      scope: identity.scope,
      key: key ?? (generation === 1 ? first : undefined),
    },
    {
      type: 'late-success',
      generation: generation ?? (key !== undefined && key === first ? 1 : undefined),
      currentKey: stored.key,
      currentGeneration: stored.generation,
    },
  )
}
