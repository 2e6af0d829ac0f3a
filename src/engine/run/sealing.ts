import type { Answer } from '../../core/answers/evidence.ts'
import type { Lease } from '../../core/record/lease.ts'
import { isFree } from '../../core/record/lease.ts'
import type { OperationRecord } from '../../core/record/operation-record.ts'
import type { Outcome } from '../../core/record/outcome.ts'
import { isLookOld } from '../../core/run/knowledge.ts'
import { outcomeNow } from '../../core/run/run-outcome.ts'
import type { StopRequest } from '../../core/run/run-mode.ts'
import { startOfRun } from '../../core/run/run-progress.ts'
import type { Journal } from '../stored/journal.ts'
import { presenceOf } from './presence.ts'
import type { RunFactsInit } from './run-facts.ts'
import { RunFacts } from './run-facts.ts'

/** The facts for one `cancel`: the record as last read, and the response to the cancel request. */
export class Sealing extends RunFacts {
  readonly journal: Journal
  readonly progress = startOfRun
  readonly deadlineMs: number
  record: OperationRecord | undefined
  lastAnswer: Answer | undefined
  #stopRequest: StopRequest | undefined

  constructor(init: RunFactsInit, journal: Journal) {
    super(init)
    this.journal = journal
    this.deadlineMs = this.startedMs + init.plan.settings.deadlineMs
  }

  get stopRequest(): StopRequest | undefined {
    return this.#stopRequest
  }

  abort(): void {
    this.#stopRequest = 'aborted'
    this.cueStop()
  }

  /** The record was read before any request used its key, but hooks and callbacks may take long since then. */
  get outcome(): Outcome {
    const { record, engine, nowAt, journal } = this
    const now = { nowAt, wallAt: engine.runtime.now(), ms: engine.runtime.monotonic() }
    const isStoreRead = !isLookOld(journal, now)
    return outcomeNow(
      { record, isStoreRead, hasLeftBehind: false, mayBeTaken: false, writingSince: undefined },
      now,
      engine.writer,
    )
  }

  /** Whether a record with this lease is free, so that no other runner holds it. */
  isFree(lease: Lease | undefined): boolean {
    const { runtime, writer } = this.engine
    return isFree(lease, writer.runner, runtime.now(), presenceOf(this.engine).isGone)
  }
}
