import type { RecordStore } from '../../public/store.ts'
import { sealCountPlace } from '../core/key-header.ts'
import { CorruptRecord, readSealCount, writeSealCount, type SealCount } from './key-text.ts'

export type SealRules = { readonly maxOpen: number; readonly retentionMs: number; readonly nowAt: number }

/** After this many writes that found another version, the store counts as broken. */
const MOST_TURNS = 100

/**
 * Counts one more seal of a scope, whichever process seals, and returns whether the seal is permitted. Seals are
 * settled records, which no store can list cheaply, so their number has a record of its own that starts again in each
 * retention.
 */
export async function countSeal(store: RecordStore, scope: string, rules: SealRules): Promise<boolean> {
  const { maxOpen, retentionMs, nowAt } = rules
  const place = sealCountPlace(scope)
  for (let turn = 0; turn < MOST_TURNS; turn++) {
    const found = await store.get(place)
    const before = found === undefined ? undefined : readSealCount(found.value)
    const isOfNow = before !== undefined && Math.abs(nowAt - before.since) < retentionMs
    const { since, count }: SealCount = isOfNow ? before : { since: nowAt, count: 0 }
    if (count >= maxOpen) return false
    const version = await store.set(place, writeSealCount({ since, count: count + 1 }), {
      expected: found?.version ?? null,
      open: false,
      expiresAt: since + retentionMs,
    })
    if (version !== undefined) return true
  }
  throw new CorruptRecord('The store does not count the cancelled keys of a scope.')
}
