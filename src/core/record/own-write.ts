import type { OperationRecord } from './operation-record.ts'

/*
 * When a write counts as this writer's own. A record says who wrote it and as which of its writes, so that a writer whose
 * acknowledgement was lost knows its own write when it reads the record again:
 *
 *   the store gave a version       written
 *   the store gave undefined       another's write came first; or the store did not say, and shows this very write
 *   the store rejected             read again: this very write means written; another's that was not there before means
 *                                  that the write is lost; what stood there before means that nothing was written
 *
 * A write of which nothing can be read afterwards may be there all the same: it has failed, and is never taken back unseen.
 */

/** What became of a write that the store did not acknowledge. */
export type LostWrite = 'written' | 'lost' | 'failed'

export function whatBecameOf(
  written: Pick<OperationRecord, 'writer'>,
  /** What the store shows now. */
  stored: Pick<OperationRecord, 'writer'> | undefined,
  /** The write was refused, as if another's had come first; or it threw, and the store shows the version of before, or another. */
  after: 'refused' | 'unchanged' | 'changed',
): LostWrite {
  if (stored !== undefined && isSameWriter(stored.writer, written.writer)) return 'written'
  return after === 'unchanged' ? 'failed' : 'lost'
}

/** Nobody has written between the two. */
export function isSameWriter(
  one: OperationRecord['writer'] | undefined,
  other: OperationRecord['writer'] | undefined,
): boolean {
  return one?.runner === other?.runner && one?.write === other?.write
}
