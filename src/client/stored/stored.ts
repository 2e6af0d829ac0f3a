/* The part that looks after what was begun before: it asks, and changes records; see ../parts.ts. */
export { ask } from '../../engine/ask/ask.ts'
export { clearScope } from './clear.ts'
export { comparePayload } from './compare-payload.ts'
export { listPending, resumeAll } from './pending.ts'
export { retargeting } from '../retargeting.ts'
export { recordOperations } from './record-operations.ts'
/* Errors of this part have advice. */
export { adviceText } from '../../public/advice-texts.ts'
/* With the other part, so that the code of both lies in one chunk each, whoever bundles them. */
export * from '../performing.ts'
