import { isOfAnotherPayload } from '../../core/record/same-payload.ts'
import type { Payload } from '../../engine/request/payload.ts'
import { isOperationError } from '../../public/errors.ts'
import type { ComparedPayload } from '../operation-inside.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import { patientJournal } from './patient-journal.ts'

/**
 * Whether the stored operation was begun with this payload. An input that makes no request counts as another payload.
 */
export async function comparePayload(
  { core }: OperationContext,
  operation: Named,
  payload: () => Promise<Payload>,
): Promise<ComparedPayload | undefined> {
  const record = core.liveRun(operation.liveKey)?.record ?? (await patientJournal(core, operation).read())
  if (record === undefined) return undefined
  const fingerprint = await payload().then(
    own => own.fingerprint,
    (error: unknown) => {
      if (isOperationError(error)) return NO_REQUEST
      throw error
    },
  )
  return {
    key: record.key === '' ? undefined : record.key,
    isSame: !isOfAnotherPayload(record, fingerprint),
  }
}

/** No fingerprint has this value. */
const NO_REQUEST = 'no request'
