import type { Advice } from '../../core/run/advice.ts'
import { idPart } from '../../core/names/id-part.ts'
import { LONGEST_ID_IN_KEY, recordKey } from '../../core/names/identity.ts'
import type { OperationRecord } from '../../core/record/operation-record.ts'
import { isOpen, LONGEST_RECORD } from '../../core/record/operation-record.ts'
import { whatBecameOf } from '../../core/record/own-write.ts'
import type { Identity } from '../../core/record/record-of.ts'
import { isRecordOf } from '../../core/record/record-of.ts'
import { mayFollow } from '../../core/record/what-may-follow.ts'
import type { ClockReading } from '../../core/record/server-clock.ts'
import type { StoreLook, StoreFault } from '../../core/run/store-look.ts'
import type { RecordStore, StoredRecord } from '../../public/store.ts'
import { FACT_LIFE_MS } from '../settings.ts'
import type { Engine, WriterIdentity } from '../engine.ts'
import { decodeStored } from './decode-stored.ts'
import { isSurelyShort } from './surely-short.ts'
import { valueSetterOf } from '../../runtime/value-store.ts'
import type { Runtime } from '../../runtime/runtime.ts'
import { hearThrown } from '../../guards/synchronous.ts'

/*
 * One operation's place in the store: reads, and writes by compare-and-set against the version that was last seen. A write
 * that the store does not acknowledge is looked for, and core/record/own-write.ts says what became of it.
 */

/** The store failed; what that means for the operation depends on what was going on. */
export class StoreFailure extends Error {
  readonly corrupt: boolean
  /** A write that may be there all the same: it could not be read whether it is. */
  readonly unread: boolean
  readonly advice: Advice | undefined
  /** The runtime does not have what the store is made of; the message is the store's own then. */
  readonly isMissing: boolean

  constructor(
    fault: string,
    corrupt: boolean,
    cause?: unknown,
    { unread = false, advice }: { readonly unread?: boolean; readonly advice?: Advice | undefined } = {},
  ) {
    const missing = missingIn(cause)
    super(missing ?? fault, cause === undefined ? undefined : { cause })
    this.isMissing = missing !== undefined
    this.name = 'StoreFailure'
    this.corrupt = corrupt
    this.unread = unread
    this.advice = advice
    // Whatever a store threw.
    hearThrown(cause)
  }
}

/** A failure of the store, as the machine knows it. */
export function faultOf(error: unknown): StoreFault {
  const isFailure = error instanceof StoreFailure
  return {
    reason: error instanceof Error ? error.message : 'the store failed',
    isCorrupt: isFailure && error.corrupt,
    isMissing: isFailure && error.isMissing,
    isUnread: isFailure && error.unread,
    advice: isFailure ? error.advice : undefined,
    cause: isFailure ? error.cause : error,
    told: causeOf(error),
  }
}

/** What the store itself said. */
export function causeOf(error: unknown): unknown {
  return error instanceof StoreFailure ? (error.cause ?? error) : error
}

/** Where an operation's record lies; a promise only where its id is long enough to be hashed. */
export function storageKeyOf(identity: Identity, runtime: Runtime): string | Promise<string> {
  const part = idPart(identity.id)
  if (part.length <= LONGEST_ID_IN_KEY) return recordKey(identity.scope, identity.name, part)
  const hash = Promise.resolve(runtime.digest(new TextEncoder().encode(part)))
  return hash.then(digest => recordKey(identity.scope, identity.name, `~${digest}`))
}

type Place = {
  readonly identity: Identity
  readonly operationId: string
  /** Where its record lies, where that is known. */
  readonly place?: string | undefined
}

/** An operation's place in a store. A read that fails is reported as an event. */
export function openJournal(
  engine: Pick<Engine, 'runtime' | 'writer' | 'emit'>,
  store: RecordStore,
  { identity, operationId, place }: Place,
): Journal {
  const { name, scope } = identity
  return new Journal(
    store,
    place ?? storageKeyOf(identity, engine.runtime),
    identity,
    engine.writer,
    engine.runtime,
    (cause, key) =>
      engine.emit({ name, operationId, scope, key }, { type: 'store-failed', doing: 'read', cause }),
  )
}

export class Journal {
  #place: string | Promise<string>
  readonly identity: Identity
  readonly #store: RecordStore
  readonly #writer: WriterIdentity
  readonly #clock: Pick<Runtime, 'monotonic' | 'now'>
  readonly #onUnread: (cause: unknown, key: string | undefined) => void
  #version: string | null = null
  /** The version of what the store has and cannot open: it can be dropped, and is never written over. */
  #unopened: string | undefined
  /** Why what was last read there is not understood: it can be dropped, and is never written over. */
  #notUnderstood: unknown
  #record: OperationRecord | undefined
  /** When the read or the write began by which that is known. */
  #knownSince: ClockReading = { nowAt: Number.NEGATIVE_INFINITY, monotonicMs: Number.NEGATIVE_INFINITY }

  constructor(
    store: RecordStore,
    place: string | Promise<string>,
    identity: Identity,
    writer: WriterIdentity,
    clock: Pick<Runtime, 'monotonic' | 'now'>,
    onUnread: (cause: unknown, key: string | undefined) => void,
  ) {
    this.#store = store
    this.#place = place
    this.identity = identity
    this.#writer = writer
    this.#clock = clock
    this.#onUnread = onUnread
  }

  /** Where the record lies. */
  place(): Promise<string> {
    return this.#storageKey()
  }

  /** What is stored, as of the last read or write. */
  get stored(): OperationRecord | undefined {
    return this.#record
  }

  /** The same, and when the read or the write began by which it is known. */
  get heard(): StoreLook {
    return { stored: this.#record, since: this.#knownSince }
  }

  get #reading(): ClockReading {
    return { nowAt: this.#clock.now(), monotonicMs: this.#clock.monotonic() }
  }

  /** Reads the record anew. */
  read(): Promise<OperationRecord | undefined> {
    const begun = this.#reading
    this.#unopened = undefined
    return this.#ask(place => this.#store.get(place)).then(
      stored => this.#took(stored, begun),
      error => this.#unread(error),
    )
  }

  /**
   * Writes if nobody wrote since the last read: the record as it is stored now, or undefined if another
   * write came first, which is then what `stored` gives. Throws StoreFailure, also where what was last read
   * is not understood: a record of a newer version may say more than the one that would take its place.
   */
  write(next: OperationRecord): Promise<OperationRecord | undefined> {
    if (this.#notUnderstood !== undefined) return Promise.reject(this.#notUnderstood)
    if (this.#record !== undefined && !mayFollow(this.#record, next)) return Promise.resolve(undefined)
    const written = { ...next, writer: { runner: this.#writer.runner, write: this.#writer.nextWrite() } }
    const begun = this.#reading
    const options = isOpen(written)
      ? { expected: this.#version, open: true }
      : { expected: this.#version, open: false, expiresAt: written.settledAt + FACT_LIFE_MS }
    const setValue = isSurelyShort(written) ? valueSetterOf(this.#store) : undefined
    let text = ''
    try {
      if (setValue === undefined) text = textOf(written)
    } catch (error) {
      return Promise.reject(error)
    }
    return this.#ask(place =>
      setValue === undefined ? this.#store.set(place, text, options) : setValue(place, written, options),
    ).then(
      version => {
        if (typeof version !== 'string' || version === '') return this.#notWritten(written, version)
        this.#version = version
        this.#record = written
        this.#knownSince = begun
        return written
      },
      error => this.#readAfterFailure(written, error),
    )
  }

  /** Removes the record if nobody wrote since the last read. */
  async delete(): Promise<boolean> {
    const expected = this.#unopened ?? this.#version
    if (expected === null) return true
    try {
      return await this.#ask(place => this.#store.delete(place, { expected }))
    } catch (error) {
      throw storeFailure('the store could not delete', error)
    }
  }

  async #storageKey(): Promise<string> {
    this.#place = await this.#place
    return this.#place
  }

  /** What the store gives for this place: a store is the user's too, and may throw, or give no promise. */
  #ask<Value>(of: (place: string) => Promise<Value>): Promise<Value> {
    if (typeof this.#place !== 'string') return this.#storageKey().then(of)
    try {
      const given = of(this.#place)
      return given instanceof Promise ? given : Promise.resolve(given)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Another write came first, or the store did not say. */
  async #notWritten(record: OperationRecord, version: '' | undefined): Promise<OperationRecord | undefined> {
    if (version === undefined) {
      try {
        await this.read()
      } catch (error) {
        return this.#readAfterFailure(record, error)
      }
      const became = whatBecameOf(record, this.#record, 'refused')
      return became === 'written' ? this.#record : undefined
    }
    // Whether it was written is read, so that what is left of it can be taken back.
    await this.read()
    throw new StoreFailure('the store gave no version for what it wrote', false)
  }

  /**
   * A write whose acknowledgement was lost counts only if the store shows it. If it shows another's, that one
   * came first: what this writer holds is old then, and must not be written on top of it later.
   */
  async #readAfterFailure(record: OperationRecord, error: unknown): Promise<OperationRecord | undefined> {
    const before = this.#version
    try {
      await this.read()
    } catch {
      throw new StoreFailure('the store could not write', isCorrupt(error), causeOf(error), { unread: true })
    }
    const became = whatBecameOf(record, this.#record, this.#version === before ? 'unchanged' : 'changed')
    if (became === 'failed') throw storeFailure('the store could not write', error)
    return became === 'written' ? this.#record : undefined
  }

  #unread(error: unknown): never {
    if (!isCorrupt(error)) this.#onUnread(error, this.#record?.key)
    else this.#unopened = versionIn(error)
    throw storeFailure('the store could not read', error)
  }

  #took(
    stored: StoredRecord | undefined,
    begun: ClockReading,
  ): OperationRecord | undefined | Promise<OperationRecord | undefined> {
    if (stored !== undefined && !isStoredRecord(stored))
      return this.#unread(new StoreFailure('the store gave what is no record', false))
    this.#knownSince = begun
    this.#notUnderstood = undefined
    if (stored !== undefined) return this.#adopt(stored)
    this.#version = null
    this.#record = undefined
    return undefined
  }

  async #adopt(stored: StoredRecord): Promise<OperationRecord> {
    this.#version = stored.version
    this.#record = undefined
    try {
      this.#record = await this.#understood(stored.value)
      return this.#record
    } catch (error) {
      this.#notUnderstood = error
      throw error
    }
  }

  async #understood(text: string): Promise<OperationRecord> {
    const decoded = await decodeStored(text).catch((error: unknown) => {
      throw new StoreFailure('the record schema could not be loaded', false, error, { advice: 'load-again' })
    })
    if (!decoded.ok) throw new StoreFailure(decoded.fault, true, undefined, { advice: decoded.advice })
    if (!isRecordOf(decoded.record, this.identity))
      throw new StoreFailure('the record belongs to another operation', true)
    return decoded.record
  }
}

function textOf(record: OperationRecord): string {
  const text = JSON.stringify(record)
  // A longer text could not be read again.
  if (text.length > LONGEST_RECORD) throw new StoreFailure('the record is too long to be stored', false)
  return text
}

/** A store is the user's too: what it gives back is looked at. */
export function isStoredRecord(stored: unknown): stored is StoredRecord {
  if (typeof stored !== 'object' || stored === null) return false
  const { value, version } = stored as Partial<Record<keyof StoredRecord, unknown>>
  return typeof value === 'string' && typeof version === 'string'
}

function storeFailure(fault: string, error: unknown): StoreFailure {
  return error instanceof StoreFailure ? error : new StoreFailure(fault, isCorrupt(error), error)
}

/** Which one it was that a store could not open (a codec's other secret). */
function versionIn(error: unknown): string | undefined {
  const { version } = error as { readonly version?: unknown }
  return typeof version === 'string' ? version : undefined
}

/** A store's own error says by `kind: 'corrupt'` that what it holds cannot be understood. */
function isCorrupt(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { kind?: unknown }).kind === 'corrupt'
}

/** A store's own error says by `reason: 'missing'` that it cannot be in this runtime, and names what it lacks. */
function missingIn(error: unknown): string | undefined {
  return error instanceof Error && Reflect.get(error, 'reason') === 'missing' ? error.message : undefined
}
