import { clockMarginMs, isOpenKey } from '../core/decide.ts'
import { keyOfPlace, serverScopePrefix } from '../core/key-header.ts'
import type { KeyRecord } from '../core/key-state.ts'
import type { KeyNotice } from '../events.ts'
import type { KeyStore } from './key-store.ts'
import type { ServerRuntime } from '../server-runtime.ts'

/** How long a count is believed: other processes add to what is open, and a scope that is full may be so no more. */
export const FULL_MS = 60_000

/** Scopes counted at once, at most; a scope that fell out is counted anew. */
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
  isFull: boolean
  /** Epoch ms. */
  believedUntil: number
  counting: Promise<void> | undefined
}

/**
 * Bounds what anybody can leave behind in a scope: keys whose outcome is unknown, and seals. Beyond `maxOpen` those
 * go first that are older than the memory reaches, whose keys are refused by their first-send time; where there are
 * none, nothing new is begun. What is open is read from the store, so that the bound holds across processes and restarts.
 * Counting costs, so that a process counts at the first new key of a scope, at each tenth of the bound that it adds itself,
 * and else once a minute: beyond the bound is at most a tenth for each process.
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
  mayBegin(scope: string): boolean | Promise<boolean> {
    const counted = this.#of(scope)
    if (counted.counting === undefined && this.#runtime.now() < counted.believedUntil) return !counted.isFull
    return (counted.counting ?? this.#beginCount(scope, counted)).then(() => !counted.isFull)
  }

  /** Whether a key that was never seen may be sealed; counts it. Rejects where the store does. */
  maySeal(scope: string): Promise<boolean> {
    const { maxOpen, retentionMs } = this.#rules
    return this.#store.countSeal(scope, { maxOpen, retentionMs, nowAt: this.#runtime.now() })
  }

  /** A run has left its key open. Never rejects. */
  async left(scope: string): Promise<void> {
    const counted = this.#of(scope)
    counted.left += 1
    if (counted.left < Math.max(1, this.#rules.maxOpen / 10)) return
    // A count that is under way may have passed this key by. Who comes meanwhile waits for the one that begins now.
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
