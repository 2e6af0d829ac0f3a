/* The code that performs runs, see performing-part.ts. */
export { platform } from '../runtime/platform.ts'
export { sendWatch } from '../runtime/send-watch.ts'
export { dataGiven } from './join-run.ts'
export { scopedEngines } from './scoped-engines.ts'
export { payloadOfCall, startCall } from './start-call.ts'
/* Code that the other part shares with a page's first chunk. Exporting it here makes one chunk of it instead of two. */
export { dataOf } from './data-of.ts'
export { plainPlan } from './definition.ts'
export { named } from './operation-context.ts'
export { blankSnapshot } from './snapshot.ts'
