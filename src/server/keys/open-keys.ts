import { keyOfPlace, serverScopePrefix } from '../core/key-header.ts'
import type { KeyRecord } from '../core/key-state.ts'
import type { KeyStore } from './key-store.ts'

/** A key that waits for somebody who concludes. */
export type UnresolvedKey = {
  readonly scope: string
  readonly key: string
  /** `lapsed`: the process that held the key stopped answering. `damaged`: its record cannot be understood, and is left as it is. */
  readonly state: 'unknown' | 'lapsed' | 'damaged'
  /** Epoch ms; undefined where the record is damaged. */
  readonly createdAt: number | undefined
  readonly changedAt: number | undefined
}

/** How many keys are in each state, for a health page. */
export type KeyCounts = {
  /** Claimed, and its holder gives signs of life. */
  readonly processing: number
  readonly unknown: number
  readonly lapsed: number
  /** Keys whose records cannot be understood; of all scopes also the store's own, of since when it remembers. */
  readonly damaged: number
  /** Since when the longest waits of those that wait for somebody who concludes, epoch ms. */
  readonly oldestAt: number | undefined
}

/** All open keys, oldest first, read in pages as they are asked for. */
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

/** All scopes begin alike. */
function prefixOf(scope: string | undefined): string {
  return scope === undefined ? 'ss1/' : serverScopePrefix(scope)
}

/** What was not written by this code is shown as it is. */
function ownerOf(place: string): { readonly scope: string; readonly key: string } {
  const [, scope = '', ...key] = place.split('/')
  return keyOfPlace(place) ?? { scope, key: key.join('/') }
}
