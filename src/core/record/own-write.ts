import type { OperationRecord } from './operation-record.ts'

/*
 * When a write counts as this writer's own. A record names its writer and the number of the write, so that a writer
 * whose acknowledgement was lost knows its own write when it reads the record again:
 *
 *   the store gave a version       written
 *   the store gave undefined       another write came first, unless the store shows this very write: then written
 *   the store rejected             read again: this very write means written; another write that was not there before
 *                                  means lost; the record that stood there before means that nothing was written
 *
 * If nothing can be read after a write, the write may be there all the same. It counts as failed, and is never taken
 * back unseen.
 */

/** What became of a write that the store did not acknowledge. */
export type LostWrite = 'written' | 'lost' | 'failed'

export function whatBecameOf(
  written: Pick<OperationRecord, 'writer'>,
  /** What the store shows now. */
  stored: Pick<OperationRecord, 'writer'> | undefined,
  /**
   * `refused`: the store answered as if another write had come first. `unchanged` and `changed`: the write threw, and
   * the store shows the earlier version, or another one.
   */
  after: 'refused' | 'unchanged' | 'changed',
): LostWrite {
  if (stored !== undefined && isSameWriter(stored.writer, written.writer)) return 'written'
  return after === 'unchanged' ? 'failed' : 'lost'
}

/** Whether both records come from the same write, so that nobody has written in between. */
export function isSameWriter(
  one: OperationRecord['writer'] | undefined,
  other: OperationRecord['writer'] | undefined,
): boolean {
  return one?.runner === other?.runner && one?.write === other?.write
}
