import type { Answer } from '../../core/answers/evidence.ts'
import type { Lease } from '../../core/record/lease.ts'
import { isFree } from '../../core/record/lease.ts'
import type { OperationRecord } from '../../core/record/operation-record.ts'
import type { Outcome } from '../../core/record/outcome.ts'
import type { End, StoppedEnd } from '../../core/run/end.ts'
import { outcomeNow } from '../../core/run/may-be-said.ts'
import { startOfRun } from '../../core/run/run-progress.ts'
import type { StopRequest } from '../../core/run/run-mode.ts'
import type { Journal } from '../stored/journal.ts'
import { faultOf } from '../stored/journal.ts'
import { presenceOf } from './presence.ts'
import type { RunFactsInit } from './run-facts.ts'
import { RunFacts } from './run-facts.ts'

/** What one `cancel` knows: the record as it was read last, and the answer to its seal. It claims nothing. */
export class Sealing extends RunFacts {
  readonly journal: Journal
  readonly progress = startOfRun
  readonly deadlineMs: number
  record: OperationRecord | undefined
  /** The record could be read at the last look. */
  isStoreTold = false
  /** The record was settled by another while this one asked. */
  isRecalled = false
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

  get outcome(): Outcome {
    const { record, isStoreTold, engine, nowAt } = this
    const now = { nowAt, wallAt: engine.runtime.now() }
    return outcomeNow(
      { record, isStoreTold, hasLeftBehind: false, writingSince: undefined },
      now,
      engine.writer,
    )
  }

  /** Nobody else holds what has this lease. */
  isFree(lease: Lease | undefined): boolean {
    const { runtime, writer } = this.engine
    const isDead = lease?.holder !== undefined && runtime.isDead(lease.holder)
    return isFree(lease, writer.runner, runtime.now(), isDead || presenceOf(this.engine).isGone(lease))
  }

  /** What was read before says nothing of what is stored by now. */
  async look(): Promise<void> {
    this.isStoreTold = false
    this.record = await this.journal.read()
    this.isStoreTold = true
  }

  stoppedWith(code: StoppedEnd['code'], reason: string, advice?: StoppedEnd['advice']): StoppedEnd {
    return { kind: 'stopped', code, reason, outcome: this.outcome, advice }
  }

  settled(): End {
    const { record } = this
    if (record?.state === 'succeeded')
      return { kind: 'executed', record, replayed: this.isRecalled || record.result?.replayed === true }
    if (record?.state === 'failed') return { kind: 'failed', record }
    return this.stoppedWith('unresolved', 'nothing is known of this operation')
  }

  /** What is known of the operation where the store fails is what was read before. */
  storeFailed(error: unknown): StoppedEnd {
    const fault = faultOf(error)
    const end = this.stoppedWith(
      fault.isCorrupt ? 'store-corrupt' : 'store-failed',
      fault.reason,
      fault.advice,
    )
    // A record that cannot be understood may be that of an executed operation; what was read a while ago may be old.
    return { ...end, outcome: end.outcome === 'not-executed' ? 'unknown' : end.outcome, cause: fault.cause }
  }
}
