import { isOpen } from '../../core/record/operation-record.ts'
import { isOfThisPayload } from '../../core/record/same-payload.ts'
import { mayResumeWithOwn } from '../../core/stored/resumable.ts'
import type { Performer } from '../../engine/run/performer.ts'
import { requireListener, tell } from '../../guards/listeners.ts'
import type { Payload } from '../../engine/request/payload.ts'
import { isTombstone } from '../../core/record/tombstone.ts'
import { storedPayload, validityNow } from '../../engine/request/stored-payload.ts'
import type { Run } from '../join-run.ts'
import { dataOf } from '../data-of.ts'
import { joinRun } from '../join-run.ts'
import { startRun } from '../start-run.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import type { ResumeOptions } from './call-arguments.ts'
import { patientJournal } from './patient-journal.ts'
import type { Settled } from '../settled.ts'
import type { LiveRun } from '../live-run.ts'

/*
 * How to take up an operation that was begun before, here or elsewhere: by joining its live run, or by a new run that
 * asks, or that also sends (`resume`). If that run gives way to a caller's run, or its own callers leave it, this code
 * follows the next one: its callers watch the operation, not one run.
 */

export async function settleStored<Output>(
  context: OperationContext,
  operation: Named,
  signal: AbortSignal | undefined,
): Promise<Settled<Output>> {
  return followed<Output>(context, operation, { mode: 'ask', signal }).settled
}

export async function resumeStored<Output>(
  context: OperationContext,
  operation: Named,
  options: ResumeOptions = {},
  payload?: () => Promise<Payload>,
): Promise<Run<Output> | undefined> {
  const { core } = context
  const { send, signal } = options
  const joinable = core.liveRun(operation.liveKey)?.isJoinable === true
  // If the record cannot be read, the run reports that.
  const record = joinable
    ? undefined
    : await patientJournal(core, operation)
        .read()
        .catch(() => 'unread' as const)
  const nothing = record === undefined || (record !== 'unread' && isTombstone(record))
  if (nothing && core.liveRun(operation.liveKey)?.isJoinable !== true) return undefined
  return followed<Output>(context, operation, { mode: send === true ? 'resume' : 'ask', signal, payload })
}

type TakeUp = {
  readonly mode: 'resume' | 'ask'
  readonly signal: AbortSignal | undefined
  readonly payload?: (() => Promise<Payload>) | undefined
}

/** The live run of an operation in this process, or a new one. */
function liveOr(
  context: OperationContext,
  operation: Named,
  mode: TakeUp['mode'],
  payload: TakeUp['payload'],
): LiveRun<unknown> {
  const live = context.core.liveRun(operation.liveKey)
  if (live?.isJoinable === true && !live.isLook) return live
  if (live?.isJoinable === true) live.stop('yielded')
  return startRun(context.core, {
    ...operation,
    plan: context.plan,
    schema: context.schema,
    mode,
    scopeNow: context.scopeNow,
    prepare: async x => (mode === 'resume' ? { payload: await payloadToResume(context, x, payload) } : {}),
    retarget: undefined,
  })
}

/**
 * The request that may be sent without a new call: the stored request, else the caller's own if that may replace it.
 * Undefined means that the run only asks.
 */
async function payloadToResume(
  { core, plan }: OperationContext,
  x: Performer,
  payload: TakeUp['payload'],
): Promise<Payload | undefined> {
  try {
    const record = await x.journal.read()
    if (record === undefined || !isOpen(record)) return undefined
    const stored = await storedPayload(core.engineOf(record.scope), plan, record)
    if (typeof stored === 'object') return stored
    if (payload === undefined || !mayResumeWithOwn(record, validityNow(core.engine))) return undefined
    const own = await payload()
    return isOfThisPayload(record, own.fingerprint) ? own : undefined
  } catch {
    // Asking needs no request, and reports what is wrong with the store.
    return undefined
  }
}

/** One caller's view of whichever run the operation has, until a run ends without giving way to another. */
function followed<Output>(
  context: OperationContext,
  operation: Named,
  { mode, signal, payload }: TakeUp,
): Run<Output> {
  const listeners = new Set<() => void>()
  let run = join(liveOr(context, operation, mode, payload), mode, signal)
  let hasAborted = false
  const goesOn = () => !hasAborted && signal?.aborted !== true && hasMadeWay(run)
  let { snapshot } = run.joined
  const look = () => {
    const next = run.joined.snapshot
    // How a run ended that gave way is not the end of the operation.
    if (next === snapshot || (next.phase === 'settled' && goesOn())) return
    snapshot = next
    for (const listener of listeners) tell(listener, 'subscribe', context.core.engine.listenerFailed)
  }
  const toTheEnd = async (): Promise<Settled> => {
    for (;;) {
      const unsubscribe = run.joined.subscribe(look)
      const settled = await run.joined.settled
      unsubscribe()
      if (!goesOn()) {
        look()
        return settled
      }
      // If somebody stopped the sending, callers that only watched do not send again.
      run = join(liveOr(context, operation, 'ask', undefined), 'ask', signal)
      look()
    }
  }
  const settled = toTheEnd() as Promise<Settled<Output>>
  let result: Promise<Output> | undefined
  return {
    id: run.joined.id,
    get snapshot() {
      return snapshot as Run<Output>['snapshot']
    },
    subscribe(listener) {
      requireListener(listener)
      const own = () => listener()
      listeners.add(own)
      return () => listeners.delete(own)
    },
    settled,
    get result() {
      if (result === undefined) {
        result = settled.then(dataOf)
        result.catch(() => {})
      }
      return result
    },
    abort(reason) {
      hasAborted = true
      run.joined.abort(reason)
    },
  }
}

type Joined = {
  readonly live: LiveRun<unknown>
  readonly joined: Run
  readonly role: 'caller' | 'observer'
}

/** A caller that only asks does not keep a sending run going. */
function join(live: LiveRun<unknown>, mode: TakeUp['mode'], signal: AbortSignal | undefined): Joined {
  const own = live.mode
  const role = own === 'ask' || own === mode ? 'caller' : 'observer'
  return { live, joined: joinRun(live, signal, undefined, role), role }
}

/** Whether the run gave way to another one, or lost its own callers, so that another run may have the operation now. */
function hasMadeWay({ live, role }: Joined): boolean {
  const request = live.stopRequest
  return request === 'yielded' || (role === 'observer' && request === 'aborted')
}
