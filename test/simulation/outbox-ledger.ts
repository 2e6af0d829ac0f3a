import { isQueued } from '../../src/core/record/may-be-said.ts'
import { outcomeOf } from '../../src/core/record/outcome.ts'
import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import { isOpen } from '../../src/core/record/operation-record.ts'
import type { Checker, Word } from './checker.ts'
import { opOf } from './checker.ts'
import type { ServerSide } from './server-side.ts'
import type { SimProcess } from './sim-process.ts'
import type { Sent } from './sim-network.ts'
import type { Landed } from './sim-store.ts'
import type { Written } from './sim-transaction.ts'

type Queued = {
  readonly op: string
  readonly key: string
  readonly at: number
  /** A call had sent the operation before it was enqueued, so its key has an age, and may be too old to be sent again. */
  readonly wasSent: boolean
}

/**
 * What holds of an operation that was written in a transaction: where that rolled back it never was; where it committed it
 * is sent, whatever calls meanwhile came to, and nobody says that it was not executed who looks after that. That it has one
 * effect, and what is told of it, the checker holds it to as every other one.
 */
export class OutboxLedger {
  readonly #checker: Checker
  readonly #server: ServerSide
  readonly #now: () => number
  readonly #gone = new Set<string>()
  readonly #queued = new Map<string, Queued>()
  readonly #given: { readonly key: string; readonly item: string }[] = []
  readonly #clearing = new Set<SimProcess>()
  /** What was sent, and is too old to be sent once all is healed. */
  readonly #old = new Set<string>()
  readonly #denied: { readonly word: Word; readonly queued: Queued }[] = []

  constructor(checker: Checker, server: ServerSide, now: () => number) {
    this.#checker = checker
    this.#server = server
    this.#now = now
  }

  ends(end: 'committed' | 'rolled back', written: readonly Written<OperationRecord>[]): void {
    for (const { before, after } of written) {
      const { key } = after
      if (end === 'rolled back') {
        if (before?.key !== key) this.#gone.add(key)
      } else if (!this.#queued.has(key)) {
        const wasSent = before?.key === key && before.firstSentAt !== undefined
        this.#queued.set(key, { op: opOf(after), key, at: this.#now(), wasSent })
      }
    }
  }

  sends({ id, key }: Sent): void {
    if (this.#gone.has(key))
      this.#checker.violate('what was rolled back never was', `fetch ${id} left with ${key}`)
  }

  /** A user demands that its process drops what is stored of requests (`clear`). */
  clears(process: SimProcess): void {
    this.#clearing.add(process)
  }

  lands({ process, before, after }: Landed<OperationRecord>): void {
    if (after === undefined) return
    if (this.#gone.has(after.key))
      this.#checker.violate('what was rolled back never was', `${after.key} is stored`)
    if (isQueued(after) && !this.#queued.has(after.key))
      this.#checker.violate(
        'what was rolled back never was',
        `${after.key} is enqueued, and no transaction was committed`,
      )
    if (before?.key !== after.key || !isQueued(before) || !isOpen(after) || isQueued(after)) return
    // From then on a new call alone sends it.
    this.#queued.delete(after.key)
    if (!this.#clearing.has(process))
      this.#checker.violate('what is enqueued is kept', `${process.name} dropped the request of ${after.key}`)
  }

  told(word: Word): void {
    const queued = this.#queued.get(word.key ?? '')
    if (word.outcome === 'not-executed' && queued !== undefined && word.since > queued.at)
      this.#denied.push({ word, queued })
  }

  /** What `enqueue` gave its caller, who wanted this item. */
  gives(
    given: { readonly key: string | undefined; readonly outcome: string | undefined },
    item: string,
  ): void {
    const { key, outcome } = given
    if (outcome === 'not-executed')
      this.#checker.violate('what is enqueued is open', `enqueue said that ${key} was not executed`)
    if (key !== undefined) this.#given.push({ key, item })
  }

  /**
   * From now on nothing goes wrong. A key that was refused without proof for so long that it is too old by now is not sent
   * any more (P4): after its first send the age of a key counts, whoever enqueued it.
   */
  heals(records: Iterable<OperationRecord>): void {
    for (const { key } of records) if (this.#checker.wasSentLongAgo(key)) this.#old.add(key)
  }

  /** Whether a worker has something to do still, of what was enqueued and never sent. */
  waits(records: Iterable<OperationRecord>): boolean {
    return [...records].some(record => this.#isUnsent(record))
  }

  /** Of a healed world, in which a worker had time for all of it. */
  finish(records: Iterable<OperationRecord>): void {
    for (const record of records)
      if (this.#isUnsent(record))
        this.#checker.violate('what is enqueued is sent', `${record.key} of ${opOf(record)} was not`)
  }

  /** When late arrivals have come too. */
  finishWords(): void {
    for (const { key, item } of this.#given) {
      const other = this.#server.effects.find(effect => effect.key === key && effect.item !== item)
      if (other !== undefined)
        this.#checker.violate(
          'one payload',
          `${key} was enqueued with ${item}, and executed with ${other.item}`,
        )
    }
    for (const { word, queued } of this.#denied) {
      const effect = this.#server.effects.find(({ key, at }) => key === queued.key && at >= word.at)
      if (effect === undefined) continue
      this.#checker.violate(
        'what is enqueued is not taken back',
        `${word.process.name} said at ${word.at} that ${queued.op} was not executed (${word.kind}, ${word.code}), enqueued at ${queued.at}: fetch ${effect.fetchId} was`,
      )
    }
  }

  #isUnsent(record: OperationRecord): boolean {
    const queued = this.#queued.get(record.key)
    if (queued === undefined || queued.wasSent || this.#old.has(record.key)) return false
    return isOpen(record) && outcomeOf(record) === 'not-executed'
  }
}
