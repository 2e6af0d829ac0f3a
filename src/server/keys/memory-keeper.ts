import type { RecordStore } from '../../public/store.ts'
import { bornAgain, bornMemory, withRetention, type Memory } from '../core/memory.ts'
import type { ServerRuntime } from '../server-runtime.ts'
import { CorruptRecord, isCorrupt, readMemory, versionAt, writeMemory } from './key-text.ts'

/** Where the store keeps how far back it remembers; no key's record lies there. */
export const MEMORY_PLACE = 'ss1-memory'

/** How often a process looks whether another has changed the memory. */
const LOOK_AGAIN_MS = 60_000

/** Contradictions after which a store counts as broken. */
const MOST_TURNS = 20

/**
 * Since when the store remembers cannot be read, so that of no key it is known whether it was forgotten. It is no
 * key's record: nothing is claimed, and nothing is executed.
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

/** A store whose whole file cannot be understood says so without a version: no record can be put in its place. */
function isOfOneRecord(error: unknown): boolean {
  return error instanceof CorruptRecord || (error as { version?: unknown } | undefined)?.version !== undefined
}

/** How far back the store remembers, as all processes on it know. */
export class MemoryKeeper {
  readonly #store: RecordStore
  readonly #runtime: ServerRuntime
  readonly #retentionMs: number
  #known: { readonly memory: Memory; readonly at: number } | undefined
  #looking: Promise<Memory> | undefined
  /** The store has failed since the last look: it may be another one by now. */
  #isDoubted = false

  constructor(store: RecordStore, runtime: ServerRuntime, retentionMs: number) {
    this.#store = store
    this.#runtime = runtime
    this.#retentionMs = retentionMs
  }

  /** At once where it was looked at lately; else rejects where the store does. */
  current(): Memory | Promise<Memory> {
    const nowAt = this.#runtime.now()
    const isFresh = this.#known !== undefined && Math.abs(nowAt - this.#known.at) < LOOK_AGAIN_MS
    if (isFresh && !this.#isDoubted && this.#known !== undefined) return this.#known.memory
    this.#isDoubted = false
    return (this.#looking ??= this.#look(nowAt)
      .catch((error: unknown) => {
        throw isCorrupt(error) ? new MemoryUnreadable(error) : error
      })
      .finally(() => {
        this.#looking = undefined
      }))
  }

  /** Whether it can be understood. Rejects where the store does. */
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

  /** The store remembers from now on, whatever it said before. */
  async beginAnew(): Promise<void> {
    const nowAt = this.#runtime.now()
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const expected = (await versionAt(this.#store, MEMORY_PLACE)) ?? null
      const memory = bornMemory(nowAt, this.#retentionMs)
      if (!(await this.#write(memory, expected))) continue
      // A look that began before may have read what was there.
      await this.#looking?.catch(() => {})
      this.#known = { memory, at: nowAt }
      return
    }
    throw new CorruptRecord('The store could not save the time since which it keeps keys.')
  }

  /** The store has failed: what it remembers is looked at again, because a file that was removed is made anew. */
  doubt(): void {
    this.#isDoubted = true
  }

  /** Whether the store was born again since what was known; looks at it. */
  async isBornAgain(): Promise<boolean> {
    const before = this.#known?.memory.bornAt
    const { bornAt } = await this.current()
    return before !== undefined && bornAt > before
  }

  /** What was known at the last look; before it, a memory that begins now. */
  get latest(): Memory {
    return this.#known?.memory ?? bornMemory(this.#runtime.now(), this.#retentionMs)
  }

  /** For so long is kept what is written now: longer where another process promises more. */
  get keptForMs(): number {
    return Math.max(this.#retentionMs, this.#known?.memory.retentionMs ?? 0)
  }

  async #look(nowAt: number): Promise<Memory> {
    // The clock of a store may be another one: none is born tomorrow.
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

  /** A process says once which retention it has: its word is that of the one that started last. */
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
