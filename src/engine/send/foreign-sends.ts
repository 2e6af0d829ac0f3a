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
