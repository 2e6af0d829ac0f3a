/* The part that performs runs, see parts.ts. */
export { settledEnd } from './engine/end.ts'
export { openJournal } from './engine/journal.ts'
export { sendWatch } from './engine/send-watch.ts'
export { settle } from './engine/settle.ts'
export { retargeting, withPayload } from './run-input.ts'
export { settledFrom } from './result.ts'
