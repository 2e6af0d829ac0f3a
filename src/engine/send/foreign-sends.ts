import type { Evidence } from '../../core/answers/evidence.ts'
import type { OperationRecord } from '../../core/record/operation-record.ts'
import type { Progress } from '../../core/run/run-progress.ts'
import { apply } from '../run/apply.ts'
import type { SentRequest } from '../answer/observe.ts'
import { observe } from '../answer/observe.ts'
import type { RunContext } from '../run/run-context.ts'

/*
 * A hook that sends the key with a client of its own is outside the promise, but in Node not unseen: undici
 * tells of more heads with the key than left through the gate. Each of the others may have executed, so it is
 * an ambiguous attempt: no refusal settles it, and what has no honoured key is not sent after it.
 */

/** Heads of the operation that this process sent so far, through the gate or beside it. */
export type Heads = {
  readonly count: number
  /** Those that were answered 421: Node's own fetch sends once more after each (Fetch standard). */
  readonly misdirectedCount: number
}

/**
 * Counts the heads that left through the gate: at most one for each send, none for one that never left, and one more
 * for each 421.
 */
export class OwnHeads {
  readonly #told: () => Heads
  #underWay: readonly { readonly before: Heads }[] = []
  #left = 0

  /** `told`: heads so far, whoever sent them. */
  constructor(told: () => Heads) {
    this.#told = told
  }

  get count(): number {
    let count = this.#left
    for (const send of this.#underWay) count += this.#leftSince(send.before)
    return count
  }

  /** A send begins; returns what ends it. */
  begin(): () => void {
    const send = { before: this.#told() }
    this.#underWay = this.#underWay.concat(send)
    return () => {
      if (!this.#underWay.includes(send)) return
      this.#underWay = this.#underWay.filter(other => other !== send)
      this.#left += this.#leftSince(send.before)
    }
  }

  #leftSince(before: Heads): number {
    const { count, misdirectedCount } = this.#told()
    return Math.min(1 + misdirectedCount - before.misdirectedCount, count - before.count)
  }
}

export class ForeignSends {
  readonly #x: RunContext
  readonly #count: () => number
  #suspected = 0
  #last:
    | {
        readonly evidence: Evidence
        readonly sent: SentRequest
        readonly record: OperationRecord
        readonly progress: Progress
      }
    | undefined

  /** `count`: heads with the key so far that did not leave through the gate. */
  constructor(x: RunContext, count: () => number) {
    this.#x = x
    this.#count = count
  }

  /** Takes what was sent so far into the record. */
  suspect(): void {
    for (const count = this.#count(); this.#suspected < count; this.#suspected++)
      apply(this.#x, { kind: 'suspect' })
  }

  /** Before evidence is judged. */
  before(evidence: Evidence, sent: SentRequest): void {
    this.suspect()
    const { record, progress } = this.#x
    if (record !== undefined) this.#last = { evidence, sent, record, progress }
  }

  /** When the http layer is done: a refusal that seemed to settle the key is judged anew. */
  atEnd(): void {
    const x = this.#x
    const refused = this.#count() > this.#suspected && x.record?.state === 'failed' ? this.#last : undefined
    if (refused !== undefined) {
      x.record = refused.record
      x.progress = refused.progress
    }
    this.suspect()
    if (refused !== undefined) observe(x, refused.evidence, refused.sent)
  }
}
