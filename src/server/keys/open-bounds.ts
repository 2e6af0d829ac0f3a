import { clockMarginMs, isOpenKey } from '../core/decide.ts'
import { keyOfPlace, serverScopePrefix } from '../core/key-header.ts'
import type { KeyRecord } from '../core/key-state.ts'
import type { KeyNotice } from '../events.ts'
import type { KeyStore } from './key-store.ts'
import type { ServerRuntime } from '../server-runtime.ts'

/** How long a count is trusted. Other processes add open keys, and a full scope may have room again. */
export const FULL_MS = 60_000

/** At most this many scopes are remembered with their counts. A scope that was dropped is counted again. */
const MOST_SCOPES = 10_000

type Rules = {
  /** The limit for one scope: open keys that wait for a person, and also seals. */
  readonly maxOpen: number
  readonly retentionMs: number
  readonly notify: (scope: string, key: string, type: KeyNotice['type']) => void
}

type Counted = {
  /** How many keys this process left open since the last count. */
  left: number
  isFull: boolean
  /** Epoch ms. */
  believedUntil: number
  counting: Promise<void> | undefined
}

/**
 * Limits what anybody can leave behind in a scope: keys whose outcome is unknown, and seals. Above `maxOpen`, keys
 * older than the memory are dropped first, because their first-send time already refuses them. If there are none, no
 * new key may begin. Open keys are read from the store, so the limit holds across processes and restarts. Counting is
 * expensive. So a process counts at the first new key of a scope, after each tenth of the limit that it adds itself,
 * and otherwise once a minute. Each process can therefore exceed the limit by at most a tenth.
 */
export class OpenBounds {
  readonly #store: KeyStore
  readonly #runtime: ServerRuntime
  readonly #rules: Rules
  readonly #scopes = new Map<string, Counted>()

  constructor(store: KeyStore, runtime: ServerRuntime, rules: Rules) {
    this.#store = store
    this.#runtime = runtime
    this.#rules = rules
  }

  /** Whether a key that was never seen may begin. Never rejects. */
  mayBegin(scope: string, nowAt: number = this.#runtime.now()): boolean | Promise<boolean> {
    const counted = this.#of(scope)
    if (counted.counting === undefined && nowAt < counted.believedUntil) return !counted.isFull
    return (counted.counting ?? this.#beginCount(scope, counted)).then(() => !counted.isFull)
  }

  /** Whether a key that was never seen may be sealed. Counts the seal. Rejects if the store does. */
  maySeal(scope: string): Promise<boolean> {
    const { maxOpen, retentionMs } = this.#rules
    return this.#store.countSeal(scope, { maxOpen, retentionMs, nowAt: this.#runtime.now() })
  }

  /** Notes that a run has left its key open. Never rejects. */
  async left(scope: string): Promise<void> {
    const counted = this.#of(scope)
    counted.left += 1
    if (counted.left < Math.max(1, this.#rules.maxOpen / 10)) return
    // A count that is already running may have missed this key. Requests that arrive meanwhile wait for the count
    // that begins now.
    await this.#beginCount(scope, counted)
  }

  #beginCount(scope: string, counted: Counted): Promise<void> {
    const counting = (counted.counting ?? Promise.resolve())
      .then(() => this.#count(scope, counted))
      .finally(() => {
        if (counted.counting === counting) counted.counting = undefined
      })
    counted.counting = counting
    return counting
  }

  async #count(scope: string, counted: Counted): Promise<void> {
    counted.left = 0
    counted.isFull = await this.#isFull(scope).catch(() => false)
    counted.believedUntil = this.#runtime.now() + FULL_MS
  }

  async #isFull(scope: string): Promise<boolean> {
    const { maxOpen, retentionMs } = this.#rules
    const waiting: { readonly place: string; readonly record: KeyRecord }[] = []
    for await (const { place, record } of this.#store.listOpen(serverScopePrefix(scope)))
      if (record !== undefined && isWaiting(record, this.#runtime.now())) waiting.push({ place, record })
    let count = waiting.length
    const forgettableAt = this.#runtime.now() - retentionMs - clockMarginMs(retentionMs)
    for (const { place, record } of waiting) {
      if (count < maxOpen) break
      if (record.changedAt <= forgettableAt && (await this.#drop(scope, place, record))) count -= 1
    }
    return count >= maxOpen
  }

  async #drop(scope: string, place: string, { owner, write }: KeyRecord): Promise<boolean> {
    const view = await this.#store.read(place)
    if (view.record?.owner !== owner || view.record.write !== write) return false
    if (!(await this.#store.write(place, view, undefined)).written) return false
    this.#rules.notify(scope, keyOfPlace(place)?.key ?? place, 'dropped')
    return true
  }

  #of(scope: string): Counted {
    const found = this.#scopes.get(scope)
    if (found !== undefined) return found
    const oldest = this.#scopes.size >= MOST_SCOPES ? this.#scopes.keys().next().value : undefined
    if (oldest !== undefined) this.#scopes.delete(oldest)
    const counted = { left: 0, isFull: false, believedUntil: 0, counting: undefined }
    this.#scopes.set(scope, counted)
    return counted
  }
}

function isWaiting(record: KeyRecord, nowAt: number): boolean {
  return isOpenKey(record) && !(record.state === 'processing' && nowAt < record.leaseUntil)
}
