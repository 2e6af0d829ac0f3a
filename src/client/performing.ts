/* The part that performs runs, see performing-part.ts. */
export { sendWatch } from '../runtime/send-watch.ts'
export { dataGiven } from './join-run.ts'
export { payloadOfCall, startCall } from './start-call.ts'
