/* The part that performs runs, see performing-part.ts. */
export { settledEnd } from '../engine/run/end.ts'
export { openJournal } from '../engine/stored/journal.ts'
export { sendWatch } from '../runtime/send-watch.ts'
export { settlePresent as settle } from '../engine/run/run-with-presence.ts'
export { retargeting, withPayload } from './run-input.ts'
export { settledFrom } from './settled.ts'
