import { clockMarginMs, isOpen } from './core/decide.ts'
import { keyOfPlace, serverScopePrefix } from './core/key-header.ts'
import type { KeyRecord } from './core/key-state.ts'
import type { KeyNotice } from './events.ts'
import type { KeyStore, ServerRuntime } from './key-store.ts'

/** So long a scope that has too much open begins nothing new, until it is counted again. */
export const FULL_MS = 60_000

/** So many scopes are counted at once; who is forgotten is counted anew. */
const MOST_SCOPES = 10_000

type Rules = {
  /** Of one scope: open keys that wait for a person, and seals. */
  readonly maxOpen: number
  readonly retentionMs: number
  readonly notify: (scope: string, key: string, type: KeyNotice['type']) => void
}

type Counted = {
  /** Left open by this process since the store was last counted. */
  left: number
  fullUntil: number
  seals: number
  sealsSince: number
}

/**
 * Bounds what anybody can leave behind in a scope: keys whose outcome is unknown, and seals. Beyond `maxOpen` those
 * go first that are older than the memory reaches, whose keys are refused by their first-send time; where there are
 * none, nothing new is begun. Counting costs, so that it is done at each tenth of the bound that a process adds.
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

  /** Whether a key that was never seen may begin. */
  mayBegin(scope: string): boolean {
    const counted = this.#scopes.get(scope)
    return counted === undefined || counted.fullUntil <= this.#runtime.now()
  }

  /** Whether a key that was never seen may be sealed; counts it. */
  maySeal(scope: string): boolean {
    const nowAt = this.#runtime.now()
    const counted = this.#of(scope)
    if (counted.sealsSince + this.#rules.retentionMs <= nowAt)
      Object.assign(counted, { seals: 0, sealsSince: nowAt })
    if (counted.seals >= this.#rules.maxOpen) return false
    counted.seals += 1
    return true
  }

  /** A run has left its key open. Never rejects. */
  async left(scope: string): Promise<void> {
    const counted = this.#of(scope)
    counted.left += 1
    if (counted.left < Math.max(1, this.#rules.maxOpen / 10)) return
    counted.left = 0
    const isFull = await this.#isFull(scope).catch(() => false)
    if (isFull) {
      counted.fullUntil = this.#runtime.now() + FULL_MS
      // The next one that is left is counted at once.
      counted.left = this.#rules.maxOpen
    }
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
    const counted = { left: 0, fullUntil: 0, seals: 0, sealsSince: this.#runtime.now() }
    this.#scopes.set(scope, counted)
    return counted
  }
}

function isWaiting(record: KeyRecord, nowAt: number): boolean {
  return isOpen(record) && !(record.state === 'processing' && nowAt < record.leaseUntil)
}
