/* The part that performs runs, see performing-part.ts. */
export { openJournal } from '../engine/stored/journal.ts'
export { sendWatch } from '../runtime/send-watch.ts'
export { Performer } from '../engine/run/performer.ts'
export { payloadOrMistake } from './run-input.ts'
export { settledFrom } from './settled.ts'
