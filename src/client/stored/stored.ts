/* The code for operations begun before: it asks, and changes records; see ../parts.ts. */
export { ask } from '../../engine/ask/ask.ts'
export { clearScope } from './clear.ts'
export { comparePayload } from './compare-payload.ts'
export { listPending, resumeAll } from './pending.ts'
export { retargeting } from '../retargeting.ts'
export { recordOperations } from './record-operations.ts'
/* The errors of this part contain advice. */
export { adviceText } from '../../public/advice-texts.ts'
/* Exported together with the performing part, so that any bundler puts the code of each into one chunk. */
export * from '../performing.ts'
