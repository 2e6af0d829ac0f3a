import type { OperationRecord } from '../record/operation-record.ts'
import { saidInPassing, saidOfRead } from '../record/may-be-said.ts'
import { isOpen } from '../record/operation-record.ts'
import { isTombstone, tombstone } from '../record/tombstone.ts'
import type { StoredChange } from './refused-change.ts'
import { ofAnotherKey } from './refused-change.ts'
import type { WhichGeneration } from './which-generation.ts'
import { isMeant } from './which-generation.ts'

/**
 * What `forget` writes over a record. The next run starts over with a new key, so a proof for the old key can only be a
 * late alarm. An open operation may have been executed, and is forgotten only by force.
 */
export function forgotten(
  record: OperationRecord | undefined,
  { force, which }: { readonly force: 'force' | 'settled-only'; readonly which: WhichGeneration },
  nowAt: number,
): StoredChange {
  if (record === undefined) return undefined
  // A forgotten record has no key any more, so a key that the caller names is not compared.
  const meant = isTombstone(record) ? { ...which, key: record.key } : which
  if (!isMeant(record, meant)) return ofAnotherKey(saidInPassing(record))
  if (isTombstone(record)) return undefined
  if (isOpen(record) && force === 'settled-only')
    return {
      refused: {
        code: 'unresolved',
        outcome: saidOfRead(record),
        reason: 'the operation is still open',
        advice: 'open-or-force',
      },
    }
  return tombstone(record, nowAt)
}
