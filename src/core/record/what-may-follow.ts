import type { OperationRecord } from './operation-record.ts'

/**
 * Whether one record of an operation may be written over another. A success makes room only for itself, and a
 * generation for another key only once it has failed, which is proof that nothing of it was executed; what `forget` leaves
 * has no key and may be written over anything, because its user demanded it. A writer that lost its place holds what is
 * old, and must not put it on top.
 */
export function mayFollow(stored: OperationRecord, next: OperationRecord): boolean {
  if (stored.key === next.key) return stored.state !== 'succeeded' || next.state === 'succeeded'
  const isDropped = next.key === ''
  return isDropped || (stored.state === 'failed' && next.generation > stored.generation)
}
