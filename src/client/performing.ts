/* The part that performs runs, see performing-part.ts. */
export { platform } from '../runtime/platform.ts'
export { sendWatch } from '../runtime/send-watch.ts'
export { dataGiven } from './join-run.ts'
export { scopedEngines } from './scoped-engines.ts'
export { payloadOfCall, startCall } from './start-call.ts'
/* What the other part has in common with a page's first chunk: with these here it is one chunk, not two. */
export { dataOf } from './data-of.ts'
export { plainPlan } from './definition.ts'
export { named } from './operation-context.ts'
export { blankSnapshot } from './snapshot.ts'
