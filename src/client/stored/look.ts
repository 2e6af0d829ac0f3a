import type { OpenRecord } from '../../core/record/operation-record.ts'
import { isOpen } from '../../core/record/operation-record.ts'
import { isOfThisPayload } from '../../core/record/same-payload.ts'
import { isTombstone } from '../../core/record/tombstone.ts'
import { mayResumeWithOwn } from '../../core/stored/resumable.ts'
import type { EventFields } from '../../core/run/event-fields.ts'
import type { Said } from '../../core/watching/watch-state.ts'
import type { Engine } from '../../engine/engine.ts'
import { tell } from '../../guards/listeners.ts'
import type { Payload } from '../../engine/request/payload.ts'
import { storedPayload, validityNow } from '../../engine/request/stored-payload.ts'
import type { LiveRun } from '../live-run.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import type { Settled } from '../settled.ts'
import { snapshotOf } from '../snapshot-of.ts'
import type { Snapshot } from '../snapshot.ts'
import { startRun } from '../start-run.ts'
import { patientJournal } from './patient-journal.ts'
import { isBusyElsewhere } from './pending.ts'

/** The result of one look at an operation. */
export type Looked = {
  readonly kind: Said['kind']
  /** The origin that the operation was sent to; undefined if no record names one. */
  readonly origin: string | undefined
  readonly snapshot: Snapshot | undefined
  /** How the operation ended, if that is known now. */
  readonly end: Settled | undefined
  /** Epoch ms: the time after which the server wants the next request. */
  readonly retryAt: number | undefined
  /** How many looks in a row got a response that contained nothing about the operation. */
  readonly failed: number
}

export type LookOptions = {
  /** What the current watchers want. */
  readonly wants: () => 'send' | 'ask' | 'nothing'
  readonly failedBefore: number
  /** Payloads made from the inputs of the watchers. The first one that matches the stored operation may be sent. */
  readonly ownPayloads: readonly (() => Promise<Payload>)[]
  /** Somebody waits for how the operation ended, even if another runner settled it. */
  readonly isTold: boolean
  /** Receives the run that looks, while it does. */
  readonly onRun: (run: LiveRun<unknown>) => void
  /** A later look sends what was not sent now: see `OneLook`. */
  readonly goesOn?: true | undefined
  readonly refusedBefore?: number | undefined
  /** Receives the events of the look. Return true to also report a look that brought nothing. */
  readonly hear?: ((details: EventFields) => boolean) | undefined
}

/**
 * Looks once at an operation: at the stored record, and if that does not decide, at the server, by one request.
 * Operations are left alone while a live run of this process or another runner works on them, and not claimed if there
 * is nobody to ask.
 */
export async function lookOnce(
  context: OperationContext,
  operation: Named,
  { wants, ownPayloads, failedBefore, isTold, onRun, goesOn, refusedBefore, hear }: LookOptions,
): Promise<Looked> {
  const { core, plan } = context
  const wanted = wants()
  const nothing = { snapshot: undefined, end: undefined, retryAt: undefined, failed: failedBefore } as const
  if (core.liveRun(operation.liveKey) !== undefined) return { ...nothing, kind: 'busy', origin: undefined }
  const record = await patientJournal(core, operation).read()
  if (record === undefined || isTombstone(record)) return { ...nothing, kind: 'silent', origin: undefined }
  const { origin } = record.target
  const seen = { ...nothing, origin, snapshot: snapshotOf(record) }
  let payload: Payload | undefined
  if (isOpen(record)) {
    if (await isBusyElsewhere(core, record)) return { ...seen, kind: 'busy' }
    if (wanted === 'send') payload = await payloadToSend(context, record, ownPayloads)
    const canAsk = plan.status !== undefined || record.statusUrl !== undefined || payload !== undefined
    if (!canAsk) return { ...seen, kind: 'silent' }
  } else if (!isTold) return { ...seen, kind: 'silent' }
  // Reading took time: meanwhile a call may have begun, and the watchers may have left.
  const isWanted = wanted === 'send' ? wants() === 'send' : wants() !== 'nothing'
  if (core.liveRun(operation.liveKey) !== undefined || !isWanted) return { ...seen, kind: 'busy' }
  const heard = listening(core.engineOf(record.scope), failedBefore, hear)
  const run = startRun(core, {
    ...operation,
    engine: heard.engine,
    plan,
    schema: context.schema,
    mode: payload === undefined ? 'ask' : 'resume',
    look: goesOn === undefined ? { failedBefore } : { failedBefore, goesOn, refusedBefore },
    scopeNow: context.scopeNow,
    prepare: async () => (payload === undefined ? {} : { payload }),
    retarget: undefined,
  })
  onRun(run)
  const settled = await run.settled
  await run.released
  const { snapshot } = run
  const isMadeWay = settled.outcome === 'unknown' && run.stopRequest !== undefined
  if (isMadeWay) return { ...seen, kind: 'busy' }
  const said = { origin, snapshot, retryAt: settled.error?.retryAt, failed: heard.failed() }
  return settled.outcome === 'unknown'
    ? { ...said, kind: heard.reached(), end: undefined }
    : { ...said, kind: heard.reached() === 'answered' ? 'known' : 'silent', end: settled }
}

/** The stored request, else the payload of one of the inputs, under the same conditions as `resume`. */
async function payloadToSend(
  { core, plan }: OperationContext,
  record: OpenRecord,
  ownPayloads: LookOptions['ownPayloads'],
): Promise<Payload | undefined> {
  const engine = core.engineOf(record.scope)
  const stored = await storedPayload(engine, plan, record)
  if (typeof stored === 'object') return stored
  if (!mayResumeWithOwn(record, validityNow(engine))) return undefined
  for (const ownPayload of ownPayloads) {
    const own = await ownPayload().catch(() => undefined)
    if (own !== undefined && isOfThisPayload(record, own.fingerprint)) return own
  }
  return undefined
}

/**
 * The engine for one look: it reads the server's responses from the run's events. A look that brought nothing is not
 * reported as an event of its own; only its trace receives it.
 */
function listening(
  engine: Engine,
  failedBefore: number,
  hear: LookOptions['hear'],
): {
  readonly engine: Engine
  readonly reached: () => 'answered' | 'unreachable' | 'silent'
  readonly failed: () => number
} {
  let answer: { readonly status: number | undefined } | undefined
  let failed = failedBefore
  const emit: Engine['emit'] = (about, details) => {
    const { trace, ...subject } = about
    if (details.type === 'poll' || details.type === 'query') {
      const saysNothing = details.reading === 'inconclusive' || details.reading === 'absent'
      failed = saysNothing ? failed + 1 : 0
      answer = details
    }
    if (details.type === 'answer') answer = details
    const isHeard = hear?.(details) === true
    const isTold = details.type !== 'settled' || details.outcome !== 'unknown' || isHeard
    if (isTold) engine.emit(about, details)
    else
      tell(
        () => trace?.onEvent?.({ ...subject, at: engine.runtime.now(), ...details }),
        'trace',
        engine.listenerFailed,
      )
  }
  return {
    engine: { ...engine, emit },
    reached: () => {
      if (answer === undefined) return 'silent'
      return isThere(answer.status) ? 'answered' : 'unreachable'
    },
    failed: () => failed,
  }
}

/** A server that answers is there, unless its response says that it is down or overloaded. */
function isThere(status: number | undefined): boolean {
  return status !== undefined && status < 500 && status !== 429
}

/**
 * Whether the record was dropped between two reads of a look. Finding nothing then proves nothing about an operation
 * that was begun.
 */
export function foundNothing({ state, error }: Snapshot, end: Settled | undefined): boolean {
  const code = end?.error?.code ?? error?.code
  return code === 'forgotten' || (state === undefined && end?.outcome === 'not-executed')
}
