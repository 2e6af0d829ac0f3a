import type { DatabaseTransaction, RecordStore } from '../../public/store.ts'
import { expiryOf, isOpenKey } from '../core/decide.ts'
import type { KeyRecord } from '../core/key-state.ts'
import { valueSetterOf } from '../../runtime/value-store.ts'
import { keysWithin, type KeysWithin, type OptionsOfRecord } from './keys-within.ts'
import { MemoryKeeper } from './memory-keeper.ts'
import type { ServerRuntime } from '../server-runtime.ts'
import { isCorrupt, readRecord, RecordValue, versionAt, writeRecord, type View } from './key-text.ts'
import { countSeal, type SealRules } from './seal-count.ts'

/**
 * `view` is what is stored now, whoever wrote it. `isInDoubt`: the store reported an error of this write, and what it wrote
 * may have lain there before another's, who may put it back.
 */
export type Written = { readonly written: boolean; readonly view: View; readonly isInDoubt?: boolean }

/** What an owner's write of this number should have left there. */
export type Knowledge = {
  readonly owner: string
  readonly write: number
  readonly record: KeyRecord | undefined
}

/** Repairs of a record that the store refused, at most, from 100 ms apart to 10 s: over a minute in all. */
const MOST_REPAIRS = 12

/**
 * Records by compare-and-set. A write whose reply was lost knows itself by its owner and number. What this process
 * knows and could not write down (an end, or that a claim never began) is kept here and written later; until then
 * its own requests are judged by it.
 */
export class KeyStore {
  readonly #store: RecordStore
  readonly #runtime: ServerRuntime
  /** The same store as it was given: how long a transaction waits is its owner's to say. */
  readonly #given: RecordStore
  readonly memory: MemoryKeeper
  readonly #unwritten = new Map<string, Knowledge>()

  constructor(store: RecordStore, runtime: ServerRuntime, retentionMs: number, given: RecordStore = store) {
    this.#store = store
    this.#given = given
    this.#runtime = runtime
    this.memory = new MemoryKeeper(store, runtime, retentionMs)
  }

  async read(place: string): Promise<View> {
    return this.#withOwnKnowledge(place, await this.#readStored(place))
  }

  /** The same, and a record that cannot be understood counts as none: the next write takes its place. */
  async readOver(place: string): Promise<View> {
    try {
      return await this.read(place)
    } catch (error) {
      if (!isCorrupt(error)) throw error
      const version = await versionAt(this.#store, place)
      if (version === undefined) throw error
      return { record: undefined, version }
    }
  }

  /** Writes `next` over what was seen; undefined removes it. Rejects where the store does, twice. */
  async write(place: string, seen: View, next: KeyRecord | undefined): Promise<Written> {
    let isInDoubt = false
    for (let turn = 1; ; turn++) {
      let failure: { readonly error: unknown } | undefined
      try {
        const version = await this.#tryToWrite(place, seen, next)
        if (version !== undefined) return { written: true, view: { record: next, version } }
      } catch (error) {
        failure = { error }
        isInDoubt = true
        this.memory.doubt()
      }
      const found = await this.#readStored(place)
      if (isWrite(found.record, next)) return { written: true, view: found }
      const isAsSeen = found.version === seen.version
      if (failure !== undefined && isAsSeen && turn > 1) throw failure.error
      if (!isAsSeen) return { written: false, view: this.#withOwnKnowledge(place, found), isInDoubt }
      // What was seen may have been seen in a store that is no more.
      if (failure !== undefined && (await this.memory.isBornAgain())) return { written: false, view: found }
      // Nothing was written, or it has expired since: once more.
      if (failure === undefined && turn > 1) return { written: false, view: found }
    }
  }

  /** The same keys in a transaction of a handler's; undefined where the store has none. */
  within(transaction: DatabaseTransaction): KeysWithin | undefined {
    const records = this.#given.within?.(transaction)
    return records && keysWithin(records, next => this.#optionsOf(next))
  }

  /** Whether one more key of a scope may be sealed; counts it. */
  countSeal(scope: string, rules: SealRules): Promise<boolean> {
    return countSeal(this.#store, scope, rules)
  }

  /** Keeps what the store did not take, and writes it as soon as it does. Whether it could. */
  mend(place: string, knowledge: Knowledge): Promise<boolean> {
    this.#unwritten.set(place, knowledge)
    return this.#repairs(place, knowledge)
  }

  /** Takes back a claim that may have been written: what this process knows of an end at that place counts for more. */
  takeBack(place: string, knowledge: Knowledge): Promise<boolean> {
    if (!this.#unwritten.has(place)) this.#unwritten.set(place, knowledge)
    return this.#repairs(place, knowledge)
  }

  async #repairs(place: string, knowledge: Knowledge): Promise<boolean> {
    let mended = false
    for (let turn = 0; turn < MOST_REPAIRS && !mended; turn++) {
      await new Promise<void>(resolve => {
        this.#runtime.after(Math.min(10_000, 100 * 2 ** turn), resolve)
      })
      mended = await this.#repair(place, knowledge).catch(() => false)
    }
    if (this.#unwritten.get(place) === knowledge) this.#unwritten.delete(place)
    return mended
  }

  /** `record` undefined: there is one that cannot be understood. */
  async *listOpen(
    prefix: string,
  ): AsyncIterable<{ readonly place: string; readonly record: KeyRecord | undefined }> {
    for await (const { key: place, value } of this.#store.listOpen(prefix)) {
      let record: KeyRecord | undefined
      try {
        record = readRecord(value)
      } catch {
        // One damaged record hides no other.
      }
      yield { place, record }
    }
  }

  /**
   * True once there is nothing left to repair: it is written, or a later write or another owner's end holds the place. The
   * claim of another may be taken back yet, by whoever wrote it and got a failure of the store.
   */
  async #repair(place: string, knowledge: Knowledge): Promise<boolean> {
    const stored = await this.#readStored(place)
    // A claim that was never acknowledged may still arrive.
    if (stored.record === undefined) return false
    if (!isNewer(knowledge, stored.record))
      return stored.record.owner === knowledge.owner || stored.record.state !== 'processing'
    return (await this.write(place, stored, knowledge.record)).written
  }

  #withOwnKnowledge(place: string, stored: View): View {
    const own = this.#unwritten.get(place)
    return own !== undefined && stored.record !== undefined && isNewer(own, stored.record)
      ? { record: own.record, version: stored.version }
      : stored
  }

  async #readStored(place: string): Promise<View> {
    const found = await this.#store.get(place).catch((error: unknown) => {
      if (!isCorrupt(error)) this.memory.doubt()
      throw error
    })
    return found === undefined
      ? { record: undefined, version: null }
      : { record: readRecord(found.value), version: found.version }
  }

  /** The version that is stored then, null for nothing; undefined where another version was there. */
  #tryToWrite(
    place: string,
    { version: expected }: View,
    next: KeyRecord | undefined,
  ): Promise<string | null | undefined> {
    if (next === undefined) return this.#tryToRemove(place, expected)
    const options = { expected, ...this.#optionsOf(next) }
    const setValue = valueSetterOf(this.#store)
    return setValue === undefined
      ? this.#store.set(place, writeRecord(next), options)
      : setValue(place, new RecordValue(next), options)
  }

  #optionsOf(record: KeyRecord): OptionsOfRecord {
    const expiresAt = expiryOf(record, this.memory.keptForMs)
    const open = isOpenKey(record)
    return expiresAt === undefined ? { open } : { open, expiresAt }
  }

  async #tryToRemove(place: string, expected: string | null): Promise<null | undefined> {
    if (expected === null) return null
    return (await this.#store.delete(place, { expected })) ? null : undefined
  }
}

/**
 * Whether it says more than what is stored. Another's is not undone, nor a later write of the same owner, of a handler that
 * ended late, nor any end of its own: one may have been committed in a transaction of the handler's, unseen by the holder.
 */
function isNewer(knowledge: Knowledge, stored: KeyRecord): boolean {
  if (stored.state === 'succeeded' || stored.state === 'failed') return false
  return stored.owner === knowledge.owner && stored.write <= knowledge.write
}

function isWrite(found: KeyRecord | undefined, written: KeyRecord | undefined): boolean {
  if (found === undefined || written === undefined) return found === written
  return found.owner === written.owner && found.write === written.write
}
