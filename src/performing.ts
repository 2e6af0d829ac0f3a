/* The part that performs runs, see parts.ts. */
export { settledEnd } from './engine/end.ts'
export { openJournal } from './engine/journal.ts'
export { sendWatch } from './engine/send-watch.ts'
export { settlePresent as settle } from './engine/settle-present.ts'
export { retargeting, withPayload } from './run-input.ts'
export { settledFrom } from './result.ts'
