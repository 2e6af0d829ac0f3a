import { keyOfPlace, serverScopePrefix } from '../core/key-header.ts'
import type { KeyRecord } from '../core/key-state.ts'
import type { KeyStore } from './key-store.ts'

/** A key that waits to be concluded. */
export type UnresolvedKey = {
  readonly scope: string
  readonly key: string
  /**
   * `lapsed`: the process that held the key stopped answering. `damaged`: the record cannot be understood, and is
   * left as it is.
   */
  readonly state: 'unknown' | 'lapsed' | 'damaged'
  /** Epoch ms; undefined if the record is damaged. */
  readonly createdAt: number | undefined
  readonly changedAt: number | undefined
}

/** How many keys are in each state, for a health page. */
export type KeyCounts = {
  /** Claimed, by a holder that still renews its lease. */
  readonly processing: number
  readonly unknown: number
  readonly lapsed: number
  /** Keys whose records cannot be understood. Over all scopes, the store's own record of its memory counts too. */
  readonly damaged: number
  /** Since when the oldest unresolved key has waited to be concluded, epoch ms. */
  readonly oldestAt: number | undefined
}

/** All unresolved keys, oldest first, read page by page as the caller iterates. */
export async function* unresolvedKeys(
  store: KeyStore,
  scope: string | undefined,
  now: () => number,
): AsyncGenerator<UnresolvedKey> {
  for await (const { place, record } of store.listOpen(prefixOf(scope))) {
    const state = stateOf(record, now())
    if (state === 'processing' || state === undefined) continue
    yield { ...ownerOf(place), state, createdAt: record?.createdAt, changedAt: record?.changedAt }
  }
}

export async function countKeys(
  store: KeyStore,
  scope: string | undefined,
  now: () => number,
): Promise<KeyCounts> {
  const counts = { processing: 0, unknown: 0, lapsed: 0, damaged: 0 }
  let oldestAt: number | undefined
  for await (const { record } of store.listOpen(prefixOf(scope))) {
    const state = stateOf(record, now())
    if (state === undefined) continue
    counts[state] += 1
    if (
      state !== 'processing' &&
      record !== undefined &&
      !(oldestAt !== undefined && oldestAt <= record.changedAt)
    )
      oldestAt = record.changedAt
  }
  if (scope === undefined && !(await store.memory.isReadable())) counts.damaged += 1
  return { ...counts, oldestAt }
}

function stateOf(
  record: KeyRecord | undefined,
  nowAt: number,
): UnresolvedKey['state'] | 'processing' | undefined {
  if (record === undefined) return 'damaged'
  if (record.state === 'unknown') return 'unknown'
  if (record.state !== 'processing') return undefined
  return nowAt < record.leaseUntil ? 'processing' : 'lapsed'
}

/** The prefix that all scopes share. */
function prefixOf(scope: string | undefined): string {
  return scope === undefined ? 'ss1/' : serverScopePrefix(scope)
}

/** A place that this code did not write is shown as it is. */
function ownerOf(place: string): { readonly scope: string; readonly key: string } {
  const [, scope = '', ...key] = place.split('/')
  return keyOfPlace(place) ?? { scope, key: key.join('/') }
}
