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

/* What a worker does with one open record of whoever's scope: what `resume({ scope: 'all' })` may do, one look at a time. */

/** An operation that may be taken up now. */
export type Candidate = {
  readonly record: OpenRecord
  readonly context: OperationContext
  readonly operation: Named
}

export type NoCandidate = {
  readonly candidate: undefined
  /** `left`: it was never sent and nothing may be, because its callers got that as its end, or what is stored is too old. */
  readonly why: 'corrupt' | 'undefined' | 'busy' | 'left'
  readonly record: OpenRecord | undefined
}

/** A listed record, read once, however many ask: to read a record is most of what a look at one costs. */
export class ListedOnce {
  readonly #core: ClientCore
  readonly #listed: ListedRecord
  #reading: Promise<OpenRecord | undefined> | undefined

  constructor(core: ClientCore, listed: ListedRecord) {
    this.#core = core
    this.#listed = listed
  }

  /** Undefined for what cannot be understood. */
  read(): Promise<OpenRecord | undefined> {
    return (this.#reading ??= openRecord(this.#core, this.#listed, 'all'))
  }
}

/** Whether a listed record can be taken up now: nobody is at work on it, its definition is known, and there is something to do. */
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

/** The key of the generation that a listed record is of; undefined where that cannot be understood. */
export async function generationOf(listed: ListedOnce): Promise<string | undefined> {
  const record = await listed.read().catch(() => undefined)
  return record?.key
}

export type TakingUp = {
  readonly wants: () => 'send' | 'ask' | 'nothing'
  readonly failedBefore: number
  readonly refusedBefore: number
  readonly hear: LookOptions['hear']
  /** Gets the run that looks, while it does. */
  readonly onRun: (run: LiveRun<unknown>) => void
}

/** What came of taking an operation up once. */
export type TakenUp = {
  /** Whether its server was there; `silent`: nobody was asked; `busy`: somebody else is at work on it. */
  readonly server: 'answered' | 'unreachable' | 'silent' | 'busy'
  /** `unknown`: it is open still, and is taken up again. */
  readonly outcome: Outcome
  /** Epoch ms: the server asked to come back then, or later. */
  readonly retryAt: number | undefined
  /** Looks in a row whose answer said nothing of the operation. */
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
 * Frees an operation that a run of this process still holds, so that another process takes it up at once. A request of that
 * run may be on its way: whoever takes over counts it as one that may have executed, and the run that gets its answer writes
 * no more than a proof. Whether it was held.
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
