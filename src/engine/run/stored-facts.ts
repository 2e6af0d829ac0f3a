import type { OperationRecord } from '../../core/record/operation-record.ts'
import { saidOfRead } from '../../core/record/may-be-said.ts'
import type { Outcome } from '../../core/record/outcome.ts'
import { startOfRun } from '../../core/run/run-progress.ts'
import { RunFacts } from './run-facts.ts'

/** The facts for a call that only reads and writes the record, as `enqueue` does: it sends and asks nothing. */
export class StoredFacts extends RunFacts {
  readonly progress = startOfRun
  readonly stopRequest = undefined
  readonly deadlineMs = Infinity
  record: OperationRecord | undefined

  get outcome(): Outcome {
    return this.record === undefined ? 'not-executed' : saidOfRead(this.record)
  }
}
