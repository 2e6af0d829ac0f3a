/* The part that looks after stored records, see ../parts.ts. */
export { clearScope } from './clear.ts'
export { listPending, resumeAll } from './pending.ts'
export { storedOperation } from './stored-operation.ts'
export { spelledOf } from './spelled-id.ts'
