import type { HandlerAnswer } from '../answer/answers.ts'
import type { Change, KeyEvent, KeyRecord } from '../core/key-state.ts'
import { nextKeyState } from '../core/key-state.ts'
import type { KeyStore } from './key-store.ts'
import type { View } from './key-text.ts'
import type { KeysWithin } from './keys-within.ts'
import type { ServerRuntime } from '../server-runtime.ts'

type Unwritten = {
  readonly kind: 'unwritten'
  readonly record: KeyRecord | undefined
  readonly write: number
}

/** A class for the reason that `Service` has. */
class HeldWrite {
  readonly kind = 'written'
  readonly record: KeyRecord | undefined

  constructor(record: KeyRecord | undefined) {
    this.record = record
  }
}

/** The result of a holder's write. */
export type Held =
  | HeldWrite
  /**
   * Another run holds the key, or the key is settled; nothing was written. `own` is the end that this holder would
   * have written. It is set if another run's claim is in the way, because that claim may still be taken back.
   */
  | { readonly kind: 'fenced'; readonly record: KeyRecord | undefined; readonly own?: Unwritten | undefined }
  /** The store failed; `record` is what the store should hold. */
  | Unwritten
  | CommittedEnd

/**
 * A transaction in which the handler completed the key has committed. That decides the key, however the handler
 * itself ended.
 */
export type CommittedEnd = {
  readonly kind: 'committed'
  readonly record: KeyRecord | undefined
  /** The answer that the transaction completed the key with. */
  readonly completion: HandlerAnswer
}

/** `completed-before`: by this same holder, in the same transaction or in one that has committed. */
export type CompletedWithin = 'completed' | 'completed-before' | 'lost'

/** A renewal whose reply was lost makes the next write look too late, once. */
const MOST_TURNS = 4

/** The holder of a claim. Its writes follow each other, each based on the one before. */
export class KeyHolder {
  readonly #store: KeyStore
  readonly #runtime: ServerRuntime
  readonly #place: string
  readonly #owner: string
  #view: View
  /** The last record that this holder wrote. A store that has lost the record (its file was removed) gets it again. */
  #own: KeyRecord | undefined
  /** The claim was the first write. */
  #writes = 1
  #last: Promise<unknown> = Promise.resolve()
  /** How many writes are running, or wait for their turn. */
  #turns = 0
  /** Completions in transactions of the handler, by the number of their write. At most one of them commits. */
  #completions: Map<number, HandlerAnswer> | undefined
  #hasToldCommit = false

  constructor(
    claim: { readonly place: string; readonly owner: string; readonly view: View },
    store: KeyStore,
    runtime: ServerRuntime,
  ) {
    this.#store = store
    this.#runtime = runtime
    this.#place = claim.place
    this.#owner = claim.owner
    this.#view = claim.view
    this.#own = claim.view.record
  }

  change(event: KeyEvent): Promise<Held> {
    return this.#inTurn(() => this.#change(event))
  }

  #inTurn<Value>(work: () => Promise<Value>): Promise<Value> {
    const isAlone = this.#turns === 0
    this.#turns += 1
    const turn = isAlone ? work() : this.#last.then(work)
    this.#last = turn
    return turn
  }

  /**
   * Renews the lease at every third of its time, so that two renewals may fail. Returns a function that stops the
   * renewals.
   */
  keepLease(leaseMs: number, onLost: () => void): () => void {
    let cancel = () => {}
    let ended = false
    const renew = async () => {
      // The write may have its turn after an end that the store did not accept. That end is written again later and
      // must stay.
      const held = await this.#inTurn(async () => {
        return ended ? this.#over(undefined) : this.#change({ kind: 'renew', leaseMs })
      })
      if (ended) return
      if (held?.kind === 'fenced') onLost()
      else if (held?.kind !== 'committed') schedule()
    }
    const schedule = () => {
      cancel = this.#runtime.after(leaseMs / 3, () => void renew())
    }
    schedule()
    return () => {
      ended = true
      cancel()
    }
  }

  /** Keeps a record that could not be written, and writes it when the store works again. */
  mend({ record, write }: Unwritten): Promise<boolean> {
    return this.#store.mend(this.#place, { owner: this.#owner, write, record })
  }

  /** Asks the store whether the claim still holds. */
  async holds(): Promise<boolean> {
    const { record } = await this.#store.read(this.#place)
    return record?.owner === this.#owner && record.state === 'processing'
  }

  /**
   * Completes the key inside a transaction of the handler; the completion counts once the transaction has committed.
   * If another run holds the key, or the key is settled (also by an earlier completion of this holder), the
   * transaction cannot commit. This write does not wait for its turn, because a renewal whose turn it is may wait for
   * the connection that the transaction holds. If a renewal comes between, the write is repeated on top of what the
   * renewal left.
   */
  async completeWithin(keys: KeysWithin, completion: HandlerAnswer, keep: boolean): Promise<CompletedWithin> {
    const event = { kind: 'complete', answer: completion.stored, keep } as const
    let view = this.#view
    for (let turn = 1; turn <= MOST_TURNS; turn++) {
      this.#writes += 1
      const write = this.#writes
      const writer = { owner: this.#owner, write, nowAt: this.#runtime.now() }
      const change = nextKeyState(view.record ?? this.#own, event, writer)
      if (change.kind === 'refused' || change.record === undefined) break
      ;(this.#completions ??= new Map()).set(write, completion)
      if (await keys.write(this.#place, view, change.record)) return 'completed'
      view = await keys.read(this.#place)
    }
    const isOwn = this.#commitIn(view.record) !== undefined
    await keys.fail(
      isOwn ? 'the handler has completed the key before' : 'the key is held by another process, or settled',
    )
    return isOwn ? 'completed-before' : 'lost'
  }

  /** Whether the handler has completed the key in a transaction, committed or not. */
  get hasCompleted(): boolean {
    return this.#completions !== undefined
  }

  /** The completion that the handler committed, read from the store. Rejects if the store does. */
  async committed(): Promise<CommittedEnd | undefined> {
    if (!this.hasCompleted) return undefined
    return this.#commitIn((await this.#store.read(this.#place)).record)
  }

  #commitIn(record: KeyRecord | undefined): CommittedEnd | undefined {
    if (record?.state !== 'succeeded' || record.owner !== this.#owner) return undefined
    const completion = this.#completions?.get(record.write)
    return completion && { kind: 'committed', record, completion }
  }

  /** True only for the first caller that reports a commit, because a handler may end after its timeout was reported. */
  isFirstToTell(): boolean {
    const isFirst = !this.#hasToldCommit
    this.#hasToldCommit = true
    return isFirst
  }

  #behindAClaim(event: KeyEvent, writer: Parameters<typeof nextKeyState>[2]): Unwritten | undefined {
    if (this.#view.record?.state !== 'processing' || event.kind === 'renew') return undefined
    const change = nextKeyState(this.#own, event, writer)
    return change.kind === 'write'
      ? { kind: 'unwritten', record: change.record, write: writer.write }
      : undefined
  }

  async #change(event: KeyEvent): Promise<Held> {
    for (let turn = 1; ; turn++) {
      const write = (this.#writes += 1)
      const writer = { owner: this.#owner, write, nowAt: this.#runtime.now() }
      const change: Change = nextKeyState(this.#view.record ?? this.#own, event, writer)
      if (change.kind === 'refused')
        return this.#over(
          this.#commitIn(this.#view.record) ?? {
            kind: 'fenced',
            record: this.#view.record,
            own: this.#behindAClaim(event, writer),
          },
        )
      const { record } = change
      try {
        const { written, view } = await this.#store.write(this.#place, this.#view, record)
        this.#view = view
        if (written) this.#own = view.record
        if (written) return this.#over(new HeldWrite(view.record))
      } catch {
        return this.#over({ kind: 'unwritten', record, write })
      }
      if (turn === MOST_TURNS) return this.#over({ kind: 'unwritten', record, write })
    }
  }

  /** Ends this turn, so that the next write has its turn. */
  #over<Value>(held: Value): Value {
    this.#turns -= 1
    return held
  }
}
