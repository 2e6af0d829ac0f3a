import type { OpenRecord } from '../../core/record/operation-record.ts'
import type { Outcome } from '../../core/record/outcome.ts'
import { transition } from '../../core/record/transition.ts'
import { hasNothingToDo, requestToResend } from '../../core/stored/resumable.ts'
import { isOpen } from '../../core/record/operation-record.ts'
import { validityNow } from '../../engine/request/stored-payload.ts'
import { changeRecord } from '../../engine/stored/changes.ts'
import type { ListedRecord } from '../../public/store.ts'
import type { ClientCore } from '../client-core.ts'
import type { LiveRun } from '../live-run.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import { named } from '../operation-context.ts'
import type { LookOptions } from './look.ts'
import { lookOnce } from './look.ts'
import { patientJournal } from './patient-journal.ts'
import { idOf, isBusyElsewhere, openRecord } from './pending.ts'
import { contextOf } from './whose.ts'

/* What a worker does with one open record of any scope: what `resume({ scope: 'all' })` may do, one look at a time. */

/** An operation that may be taken up now. */
export type Candidate = {
  readonly record: OpenRecord
  readonly context: OperationContext
  readonly operation: Named
}

export type NoCandidate = {
  readonly candidate: undefined
  /**
   * `left`: the operation was never sent and may not be sent now, because its callers were given that as its end, or
   * because the stored request is too old.
   */
  readonly why: 'corrupt' | 'undefined' | 'busy' | 'left'
  readonly record: OpenRecord | undefined
}

/**
 * A listed record that is read only once, however many callers need it: reading is most of the cost of looking at a
 * record.
 */
export class ListedOnce {
  readonly #core: ClientCore
  readonly #listed: ListedRecord
  #reading: Promise<OpenRecord | undefined> | undefined

  constructor(core: ClientCore, listed: ListedRecord) {
    this.#core = core
    this.#listed = listed
  }

  /** Undefined for a record that cannot be understood. */
  read(): Promise<OpenRecord | undefined> {
    return (this.#reading ??= openRecord(this.#core, this.#listed, 'all'))
  }
}

/**
 * Whether a listed record can be taken up now: nobody works on it, its definition is known, and there is something to
 * do.
 */
export async function candidateOf(
  core: ClientCore,
  listed: ListedOnce,
  sends: boolean,
): Promise<{ readonly candidate: Candidate } | NoCandidate> {
  const record = await listed.read()
  const not = (why: NoCandidate['why']): NoCandidate => ({ candidate: undefined, why, record })
  if (record === undefined) return not('corrupt')
  const context = contextOf(core, record.name, () => record.scope)
  if (context === undefined) return not('undefined')
  const operation = named(context, idOf(record), record.scope)
  if (core.liveRun(operation.liveKey) !== undefined || (await isBusyElsewhere(core, record)))
    return not('busy')
  const maySend = sends && typeof requestToResend(record, validityNow(core.engine)) === 'object'
  return hasNothingToDo(record, maySend) ? not('left') : { candidate: { record, context, operation } }
}

/** The key of the listed record's generation; undefined if the record cannot be understood. */
export async function generationOf(listed: ListedOnce): Promise<string | undefined> {
  const record = await listed.read().catch(() => undefined)
  return record?.key
}

export type TakingUp = {
  readonly wants: () => 'send' | 'ask' | 'nothing'
  readonly failedBefore: number
  readonly refusedBefore: number
  readonly hear: LookOptions['hear']
  /** Receives the run that looks, while it does. */
  readonly onRun: (run: LiveRun<unknown>) => void
}

/** The result of taking an operation up once. */
export type TakenUp = {
  /**
   * Whether the server answered. `silent`: no request was made; `busy`: another runner or call works on the operation.
   */
  readonly server: 'answered' | 'unreachable' | 'silent' | 'busy'
  /** `unknown`: the operation is still open and will be taken up again. */
  readonly outcome: Outcome
  /** Epoch ms: the time after which the server wants the next request. */
  readonly retryAt: number | undefined
  /** How many looks in a row got a response that contained nothing about the operation. */
  readonly failed: number
}

/** Takes an operation up by one look: at most one request, which sends or asks. */
export async function takeUp(
  { context, operation }: Candidate,
  { wants, failedBefore, refusedBefore, hear, onRun }: TakingUp,
): Promise<TakenUp> {
  const { kind, end, retryAt, failed } = await lookOnce(context, operation, {
    wants,
    ownPayloads: [],
    failedBefore,
    refusedBefore,
    hear,
    isTold: false,
    onRun,
    goesOn: true,
  })
  const server = kind === 'known' ? 'answered' : kind
  return { server, outcome: end?.outcome ?? 'unknown', retryAt, failed }
}

/**
 * Frees an operation that a run of this process still holds, so that another process can take it up at once. A request
 * of that run may be under way: the next holder counts it as one that may have executed, and the run that gets its
 * response only writes a proof. Resolves with whether the operation was held.
 */
export async function freeClaim(core: ClientCore, operation: Named): Promise<boolean> {
  const { runtime, writer } = core.engine
  let isFreed = false
  await changeRecord(patientJournal(core, operation), record => {
    isFreed = record !== undefined && isOpen(record) && record.lease?.runner === writer.runner
    return isFreed && record !== undefined
      ? transition(record, { kind: 'release' }, runtime.now())
      : undefined
  })
  return isFreed
}
