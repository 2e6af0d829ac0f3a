import type { RecordStore } from '../../public/store.ts'
import {
  bornAgain,
  bornMemory,
  mayBeOfAnotherMemory,
  withRetention,
  type FirstSend,
  type Memory,
} from '../core/memory.ts'
import type { ServerRuntime } from '../server-runtime.ts'
import { CorruptRecord, isCorrupt, readMemory, versionAt, writeMemory } from './key-text.ts'

/** Where the store keeps how far back its memory reaches. No key's record has this place. */
export const MEMORY_PLACE = 'ss1-memory'

/** How often a process checks whether another process has changed the memory. */
const LOOK_AGAIN_MS = 60_000

/** After this many writes that found another version, the store counts as broken. */
const MOST_TURNS = 20

/**
 * The start of the memory cannot be read, so nobody knows of any key whether it was forgotten. The damaged record is
 * not a key's record: nothing is claimed and nothing is executed.
 */
class MemoryUnreadable extends Error {
  override readonly name = 'MemoryUnreadable'

  constructor(cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause)
    super(
      isOfOneRecord(cause)
        ? `The record \`${MEMORY_PLACE}\`, in which the store keeps since when it remembers, cannot be understood ` +
            `(${why}): nothing was executed. If a newer version of stillonce wrote it, or a ` +
            `codec with another secret, use that one. If it is lost, call rememberFromNow() of createIdempotency: keys that were first ` +
            `sent before are refused from then on.`
        : `${why} Nothing was executed.`,
      { cause },
    )
  }
}

/** If a store's whole file cannot be understood, its error has no version, and no record can replace what is there. */
function isOfOneRecord(error: unknown): boolean {
  return error instanceof CorruptRecord || (error as { version?: unknown } | undefined)?.version !== undefined
}

/** How far back the store's memory reaches, shared by all processes on the store. */
export class MemoryKeeper {
  readonly #store: RecordStore
  readonly #runtime: ServerRuntime
  readonly #retentionMs: number
  #known: { readonly memory: Memory; readonly at: number } | undefined
  #looking: Promise<Memory> | undefined
  /** The store has failed since the last check, and may have been replaced by another one. */
  #isDoubted = false

  constructor(store: RecordStore, runtime: ServerRuntime, retentionMs: number) {
    this.#store = store
    this.#runtime = runtime
    this.#retentionMs = retentionMs
  }

  /** The memory, at once if it was checked in the last minute. Otherwise a promise, which rejects if the store does. */
  current(nowAt: number = this.#runtime.now()): Memory | Promise<Memory> {
    const isFresh = this.#known !== undefined && Math.abs(nowAt - this.#known.at) < LOOK_AGAIN_MS
    if (isFresh && !this.#isDoubted && this.#known !== undefined) return this.#known.memory
    return this.#lookShared(nowAt)
  }

  /**
   * The same, by which a key is judged of which nothing is stored: looked at now where the key was sent before. A store that has
   * lost everything (Redis without persistence that was restarted, a failover) fails no call by which that would be noticed.
   */
  ofAbsent(firstSent: FirstSend | undefined): Memory | Promise<Memory> {
    const nowAt = this.#runtime.now()
    return mayBeOfAnotherMemory(firstSent, { retentionMs: this.#retentionMs, nowAt })
      ? this.#lookShared(nowAt)
      : this.current(nowAt)
  }

  #lookShared(nowAt: number): Promise<Memory> {
    this.#isDoubted = false
    return (this.#looking ??= this.#look(nowAt)
      .catch((error: unknown) => {
        throw isCorrupt(error) ? new MemoryUnreadable(error) : error
      })
      .finally(() => {
        this.#looking = undefined
      }))
  }

  /** Whether the stored memory can be understood. Rejects if the store does. */
  async isReadable(): Promise<boolean> {
    try {
      const found = await this.#store.get(MEMORY_PLACE)
      if (found !== undefined) readMemory(found.value)
      return true
    } catch (error) {
      if (isCorrupt(error)) return false
      throw error
    }
  }

  /** Makes the memory begin now, whatever was stored before. */
  async beginAnew(): Promise<void> {
    const nowAt = this.#runtime.now()
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const expected = (await versionAt(this.#store, MEMORY_PLACE)) ?? null
      const memory = bornMemory(nowAt, this.#retentionMs)
      if (!(await this.#write(memory, expected))) continue
      // A check that began earlier may have read the old memory.
      await this.#looking?.catch(() => {})
      this.#known = { memory, at: nowAt }
      return
    }
    throw new CorruptRecord('The store could not save the time since which it keeps keys.')
  }

  /**
   * Notes a failure of the store. The memory is then checked again, because a file that was removed is created again.
   */
  doubt(): void {
    this.#isDoubted = true
  }

  /** Checks whether the store has begun again since the last check. */
  async isBornAgain(): Promise<boolean> {
    const before = this.#known?.memory.bornAt
    const { bornAt } = await this.current()
    return before !== undefined && bornAt > before
  }

  /** The memory found by the last check; before the first check, a memory that begins now. */
  get latest(): Memory {
    return this.#known?.memory ?? bornMemory(this.#runtime.now(), this.#retentionMs)
  }

  /** How long a record that is written now is kept: longer if another process uses a longer retention. */
  get keptForMs(): number {
    return Math.max(this.#retentionMs, this.#known?.memory.retentionMs ?? 0)
  }

  async #look(nowAt: number): Promise<Memory> {
    // The store's clock may be ahead of this process's clock, and no store began in the future.
    const bornAt = Math.min((await this.#store.since?.()) ?? Number.NEGATIVE_INFINITY, nowAt)
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const found = await this.#store.get(MEMORY_PLACE)
      const before = found === undefined ? undefined : readMemory(found.value)
      const memory = this.#next(before, bornAt, nowAt)
      const isWritten = memory === before || (await this.#write(memory, found?.version ?? null))
      if (!isWritten) continue
      this.#known = { memory, at: nowAt }
      return memory
    }
    throw new CorruptRecord('The store does not keep since when it remembers.')
  }

  /** Each process states its retention once, so the process that started last decides. */
  #next(before: Memory | undefined, bornAt: number, nowAt: number): Memory {
    if (before === undefined) return bornMemory(Number.isFinite(bornAt) ? bornAt : nowAt, this.#retentionMs)
    const memory = bornAgain(before, bornAt)
    return this.#known === undefined ? withRetention(memory, this.#retentionMs, nowAt) : memory
  }

  async #write(memory: Memory, expected: string | null): Promise<boolean> {
    const version = await this.#store.set(MEMORY_PLACE, writeMemory(memory), { expected, open: false })
    return version !== undefined
  }
}
