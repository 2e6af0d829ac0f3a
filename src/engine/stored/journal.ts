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
 * One operation's place in the store: reads, and writes by compare-and-set against the last version seen. After a write
 * that the store did not acknowledge, the record is read again, and core/record/own-write.ts decides what became of the
 * write.
 */

/** A failure of the store. Its meaning for the operation depends on what was being done. */
export class StoreFailure extends Error {
  readonly corrupt: boolean
  /** The write may have succeeded all the same: the record could not be read to find out. */
  readonly unread: boolean
  readonly advice: Advice | undefined
  /** The runtime lacks what the store is built on. The message is then the store's own. */
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
    // A store may throw anything, including a promise that rejects.
    hearThrown(cause)
  }
}

/** A failure of the store in the form that the machine uses. */
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

/** The store's own error. */
export function causeOf(error: unknown): unknown {
  return error instanceof StoreFailure ? (error.cause ?? error) : error
}

/** The storage key of an operation's record; a promise only if the id is so long that it is hashed. */
export function storageKeyOf(identity: Identity, runtime: Runtime): string | Promise<string> {
  const part = idPart(identity.id)
  if (part.length <= LONGEST_ID_IN_KEY) return recordKey(identity.scope, identity.name, part)
  const hash = Promise.resolve(runtime.digest(new TextEncoder().encode(part)))
  return hash.then(digest => recordKey(identity.scope, identity.name, `~${digest}`))
}

/**
 * A refused write means that another came first, and a read then shows another version. A replica that lags shows the
 * old one for a while. A store that always does so would be asked without end.
 */
const MOST_REFUSALS = 20

type Place = {
  readonly identity: Identity
  readonly operationId: string
  /** The storage key of the record, if it is known. */
  readonly place?: string | undefined
}

/** Opens an operation's place in a store. A failed read is reported as an event. */
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
  /** The version of a stored value that cannot be opened: it may be dropped, but is never overwritten. */
  #unopened: string | undefined
  /** Why the last value read could not be understood: it may be dropped, but is never overwritten. */
  #notUnderstood: unknown
  #record: OperationRecord | undefined
  /** How many writes in a row the store refused although it shows the expected version. */
  #baselessRefusals = 0
  /** When the read or write began from which `#record` is known. */
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

  /** The storage key of the record. */
  place(): Promise<string> {
    return this.#storageKey()
  }

  /** The stored record, as of the last read or write. */
  get stored(): OperationRecord | undefined {
    return this.#record
  }

  /** The stored record, and when the read or write began from which it is known. */
  get heard(): StoreLook {
    return { stored: this.#record, since: this.#knownSince }
  }

  get #reading(): ClockReading {
    return { nowAt: this.#clock.now(), monotonicMs: this.#clock.monotonic() }
  }

  /** Reads the record from the store. */
  read(): Promise<OperationRecord | undefined> {
    const begun = this.#reading
    this.#unopened = undefined
    return this.#ask(place => this.#store.get(place)).then(
      stored => this.#took(stored, begun),
      error => this.#unread(error),
    )
  }

  /**
   * Writes if nobody else has written since the last read. Resolves with the record as it is now stored, or with
   * undefined if another write came first; `stored` then has that one. Throws StoreFailure, also if the last value read
   * is not understood: a record of a newer version may contain more than the one that would replace it.
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
        this.#baselessRefusals = 0
        return written
      },
      error => this.#readAfterFailure(written, error),
    )
  }

  /** Removes the record if nobody has written since the last read. */
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

  /** Calls the store for this place. Stores can be the user's own, so they may throw or return no promise. */
  #ask<Value>(of: (place: string) => Promise<Value>): Promise<Value> {
    if (typeof this.#place !== 'string') return this.#storageKey().then(of)
    try {
      const given = of(this.#place)
      return given instanceof Promise ? given : Promise.resolve(given)
    } catch (error) {
      return Promise.reject(error)
    }
  }

  /** Another write came first, or the store returned no version. */
  async #notWritten(record: OperationRecord, version: '' | undefined): Promise<OperationRecord | undefined> {
    if (version === undefined) {
      const before = this.#version
      try {
        await this.read()
      } catch (error) {
        return this.#readAfterFailure(record, error)
      }
      const became = whatBecameOf(record, this.#record, 'refused')
      if (became === 'written') return this.#record
      this.#baselessRefusals = this.#version === before ? this.#baselessRefusals + 1 : 0
      if (this.#baselessRefusals > MOST_REFUSALS)
        throw new StoreFailure('the store refuses the version that it shows', false)
      return undefined
    }
    // The record is read, so that what was written of it can be taken back.
    await this.read()
    throw new StoreFailure('the store gave no version for what it wrote', false)
  }

  /**
   * After a failed write, reads whether it was stored all the same; only then does it count. If the store shows another
   * writer's record, that write came first: this writer's record is outdated and must not be written over it later.
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

/** Stores can be the user's own, so their results are checked. */
export function isStoredRecord(stored: unknown): stored is StoredRecord {
  if (typeof stored !== 'object' || stored === null) return false
  const { value, version } = stored as Partial<Record<keyof StoredRecord, unknown>>
  return typeof value === 'string' && typeof version === 'string'
}

/**
 * Wraps a store's error. A corrupt store that names no version is corrupt as a whole (a newer layout, another
 * application's data), and no `forget` can drop a record from it.
 */
function storeFailure(fault: string, error: unknown): StoreFailure {
  if (error instanceof StoreFailure) return error
  const corrupt = isCorrupt(error)
  const advice = corrupt && versionIn(error) === undefined ? 'whole-store' : undefined
  return new StoreFailure(fault, corrupt, error, { advice })
}

/** The version of a value that a store could not open (the codec has another secret). */
function versionIn(error: unknown): string | undefined {
  const { version } = error as { readonly version?: unknown }
  return typeof version === 'string' ? version : undefined
}

/** A store's error has `kind: 'corrupt'` if the stored value cannot be understood. */
function isCorrupt(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { kind?: unknown }).kind === 'corrupt'
}

/**
 * A store's error has `kind: 'failed'` and `reason: 'missing'` if the store cannot work in this runtime; its message
 * names what is missing. The reason alone is no sign: the databases below a store have errors of their own (PouchDB's
 * "missing" is a document that is not there).
 */
function missingIn(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined
  const isMissing = Reflect.get(error, 'kind') === 'failed' && Reflect.get(error, 'reason') === 'missing'
  return isMissing ? error.message : undefined
}
