import { madeProfile } from './made-profile.ts'

const OASIS = 'https://docs.oasis-open.org/odata/repeatable-requests/v1.0/repeatable-requests-v1.0.html'
const LRO =
  'https://github.com/microsoft/api-guidelines/blob/vNext/azure/Guidelines.md#long-running-operations--jobs'

/**
 * Azure services with OASIS Repeatable Requests (`Repeatability-Request-ID`): 409 means in progress, 400 another
 * payload, 412 an expired id. Also long-running operations with `Operation-Location`, even after a 200 or 201.
 *
 * Their monitors respond with words: Succeeded, Failed and Canceled end an operation, any other word is progress. After
 * Succeeded the result is in the response's `result`, or is read from where the protocol has it: `resourceLocation`,
 * the URL of the PUT or PATCH itself, or the `Location` that came together with the monitor's URL.
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
    // A request with an expired id was not executed this time; the response does not say whether an earlier attempt
    // was.
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
