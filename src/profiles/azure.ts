import { madeProfile } from './made-profile.ts'

const OASIS = 'https://docs.oasis-open.org/odata/repeatable-requests/v1.0/repeatable-requests-v1.0.html'
const LRO =
  'https://github.com/microsoft/api-guidelines/blob/vNext/azure/Guidelines.md#long-running-operations--jobs'

/**
 * Azure services with OASIS Repeatable Requests (`Repeatability-Request-ID`): 409 in progress, 400 another
 * payload, 412 an expired id; and long-running operations by `Operation-Location`, also after a 200 or 201.
 *
 * Their monitors answer in words: Succeeded, Failed and Canceled end an operation, every other word is progress. After
 * Succeeded the result is in the answer's `result`, or is read where the protocol has it: at `resourceLocation`, at the
 * URL of the PUT or PATCH itself, at the `Location` beside the monitor's.
 */
export const azure = /* #__PURE__ */ madeProfile({
  name: 'azure',
  honoursKeys: true,
  header: 'Repeatability-Request-ID',
  key: { maxLength: 36 },
  retention: 86_400_000,
  rules: [
    { status: 200, header: { name: 'operation-location' }, means: 'processing', source: LRO },
    { status: 201, header: { name: 'operation-location' }, means: 'processing', source: LRO },
    { status: 200, header: { name: 'azure-asyncoperation' }, means: 'processing', source: LRO },
    { status: 201, header: { name: 'azure-asyncoperation' }, means: 'processing', source: LRO },
    { status: 409, code: 'RequestInProgress', means: 'processing', source: OASIS },
    { status: 409, header: { name: 'retry-after' }, means: 'processing', source: OASIS },
    { status: 400, code: 'RepeatabilityRequestMismatch', means: 'mismatch', source: OASIS },
    // An expired id was not executed this time; whether an earlier attempt was, it does not say.
    { status: 412, code: 'RepeatabilityRequestExpired', means: 'unknown', source: OASIS },
  ],
  firstSent: { header: 'Repeatability-First-Sent' },
  status: {
    executed: ['Succeeded'],
    notExecuted: ['Failed', 'Canceled'],
    processing: 'others',
    fetchesResult: true,
  },
})
