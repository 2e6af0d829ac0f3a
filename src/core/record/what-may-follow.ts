import type { OperationRecord } from './operation-record.ts'

/**
 * Whether one record of an operation may be written over another. A success makes room only for itself. A generation
 * makes room for another key only once it has failed, which proves that nothing of it was executed. What `forget`
 * leaves has no key and may be written over anything, because its user demanded it. A writer that has lost its place
 * holds an old record, and must not put that on top.
 */
export function mayFollow(stored: OperationRecord, next: OperationRecord): boolean {
  if (stored.key === next.key) return stored.state !== 'succeeded' || next.state === 'succeeded'
  const isDropped = next.key === ''
  return isDropped || (stored.state === 'failed' && next.generation > stored.generation)
}
