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
 * `view` is what is stored now, whoever wrote it. `isInDoubt`: the store reported an error for this write. The write
 * may have been stored before another writer's record replaced it, and that writer may restore it.
 */
export type Written = { readonly written: boolean; readonly view: View; readonly isInDoubt?: boolean }

type Failure = { readonly error: unknown }

/** What the owner's write with this number should have left in the store. */
export type Knowledge = {
  readonly owner: string
  readonly write: number
  readonly record: KeyRecord | undefined
}

/**
 * The most attempts to repair a record that the store refused. The pauses grow from 100 ms to 10 s: over a minute in
 * all.
 */
const MOST_REPAIRS = 12

/**
 * Key records in a store, written by compare-and-set. A write whose reply was lost is recognized by its owner and
 * number. If this process knows something that it could not write down (an end, or that a claim never began), the
 * knowledge is kept here and written later. Until then this process judges its own requests by it.
 */
export class KeyStore {
  readonly #store: RecordStore
  readonly #runtime: ServerRuntime
  /** The original store, without a time limit: the owner of a transaction decides how long it waits. */
  readonly #given: RecordStore
  readonly #keepsValues: boolean
  readonly memory: MemoryKeeper
  readonly #unwritten = new Map<string, Knowledge>()

  constructor(store: RecordStore, runtime: ServerRuntime, retentionMs: number, given: RecordStore = store) {
    this.#store = store
    this.#given = given
    this.#keepsValues = valueSetterOf(store) !== undefined
    this.#runtime = runtime
    this.memory = new MemoryKeeper(store, runtime, retentionMs)
  }

  async read(place: string): Promise<View> {
    return this.#withOwnKnowledge(place, await this.#readStored(place))
  }

  /** Like `read`, but a record that cannot be understood counts as absent, and the next write replaces it. */
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

  /**
   * Writes `next` over the record that was seen; undefined removes it. Rejects if the store fails twice. `onDoubt` is
   * called if the write failed, and may have been stored all the same.
   */
  write(place: string, seen: View, next: KeyRecord | undefined, onDoubt?: () => void): Promise<Written> {
    // An async function with all that follows a failure would keep room for that in each write.
    return this.#tryToWrite(place, seen, next).then(
      version =>
        version === undefined
          ? this.#writeAgain(place, seen, next, { onDoubt })
          : { written: true, view: { record: next, version } },
      (error: unknown) => this.#writeAgain(place, seen, next, { onDoubt, failure: { error } }),
    )
  }

  async #writeAgain(
    place: string,
    seen: View,
    next: KeyRecord | undefined,
    { onDoubt, failure }: { readonly onDoubt: (() => void) | undefined; readonly failure?: Failure },
  ): Promise<Written> {
    try {
      const ended = await this.#writeInTurns(place, seen, next, failure)
      if (ended.isInDoubt === true && !ended.written) onDoubt?.()
      return ended
    } catch (error) {
      onDoubt?.()
      throw error
    }
  }

  /** Goes on after a first write that failed, or that found another version. */
  async #writeInTurns(
    place: string,
    seen: View,
    next: KeyRecord | undefined,
    first: Failure | undefined,
  ): Promise<Written> {
    let failure = first
    let isInDoubt = false
    for (let turn = 1; ; turn++) {
      if (failure !== undefined) {
        isInDoubt = true
        this.memory.doubt()
      }
      const found = await this.#readStored(place)
      if (isWrite(found.record, next)) return { written: true, view: found }
      const isAsSeen = found.version === seen.version
      if (failure !== undefined && isAsSeen && turn > 1) throw failure.error
      if (!isAsSeen) return { written: false, view: this.#withOwnKnowledge(place, found), isInDoubt }
      // The record may have been seen in a store that has since been replaced.
      if (failure !== undefined && (await this.memory.isBornAgain())) return { written: false, view: found }
      // Nothing was written, or the record has expired since: try once more.
      if (failure === undefined && turn > 1) return { written: false, view: found }
      failure = undefined
      try {
        const version = await this.#tryToWrite(place, seen, next)
        if (version !== undefined) return { written: true, view: { record: next, version } }
      } catch (error) {
        failure = { error }
      }
    }
  }

  /** The same keys inside a transaction of a handler; undefined if the store has no transactions. */
  within(transaction: DatabaseTransaction): KeysWithin | undefined {
    const records = this.#given.within?.(transaction)
    return records && keysWithin(records, next => this.#optionsOf(next))
  }

  /** Whether one more key of a scope may be sealed. Counts the seal. */
  countSeal(scope: string, rules: SealRules): Promise<boolean> {
    return countSeal(this.#store, scope, rules)
  }

  /**
   * Keeps a record that the store did not accept, and writes it as soon as the store does. Returns whether that
   * succeeded.
   */
  mend(place: string, knowledge: Knowledge): Promise<boolean> {
    this.#unwritten.set(place, knowledge)
    return this.#repairs(place, knowledge)
  }

  /**
   * Takes back a claim that may have been written. An end that this process already keeps for the same place takes
   * precedence.
   */
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

  /** `record` is undefined for a record that cannot be understood. */
  async *listOpen(
    prefix: string,
  ): AsyncIterable<{ readonly place: string; readonly record: KeyRecord | undefined }> {
    for await (const { key: place, value } of this.#store.listOpen(prefix)) {
      let record: KeyRecord | undefined
      try {
        record = readRecord(value)
      } catch {
        // One damaged record must not hide the others.
      }
      yield { place, record }
    }
  }

  /**
   * True once nothing is left to repair: the record is written, or a later write or another owner's end holds the
   * place. Another owner's claim is not final, because its writer may still take it back after a failure of the
   * store.
   */
  async #repair(place: string, knowledge: Knowledge): Promise<boolean> {
    const stored = await this.#readStored(place)
    // A claim that was never acknowledged may still arrive in the store.
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

  /** The version stored by this write, null for a removal; undefined if another version was there. */
  #tryToWrite(
    place: string,
    { version: expected }: View,
    next: KeyRecord | undefined,
  ): Promise<string | null | undefined> {
    if (next === undefined) return this.#tryToRemove(place, expected)
    const expiresAt = expiryOf(next, this.memory.keptForMs)
    const open = isOpenKey(next)
    const options = expiresAt === undefined ? { expected, open } : { expected, open, expiresAt }
    const setValue = this.#keepsValues ? valueSetterOf(this.#store) : undefined
    try {
      return setValue === undefined
        ? this.#store.set(place, writeRecord(next), options)
        : setValue(place, new RecordValue(next), options)
    } catch (error) {
      return Promise.reject(error)
    }
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
 * Whether the knowledge supersedes the stored record. It never overrides another owner's record, nor a later write of
 * the same owner (a handler that ended late), nor any settled record: a transaction of the handler may have committed
 * one, unseen by the holder.
 */
function isNewer(knowledge: Knowledge, stored: KeyRecord): boolean {
  if (stored.state === 'succeeded' || stored.state === 'failed') return false
  return stored.owner === knowledge.owner && stored.write <= knowledge.write
}

function isWrite(found: KeyRecord | undefined, written: KeyRecord | undefined): boolean {
  if (found === undefined || written === undefined) return found === written
  return found.owner === written.owner && found.write === written.write
}
