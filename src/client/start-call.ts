import { definitionPath } from '../engine/plan.ts'
import { isOfAnotherCaller } from '../core/record/same-payload.ts'
import { outcomeWhileRunning } from '../core/run/callers.ts'
import { isConflict } from '../core/run/end.ts'
import { keyedPayload } from '../engine/request/keyed-payload.ts'
import type { Payload, PayloadContext } from '../engine/request/payload.ts'
import { preparePayload } from '../engine/request/payload.ts'
import { requireWhole } from '../engine/request/whole-request.ts'
import { asConfiguration } from '../guards/callback.ts'
import { hearThrown } from '../guards/synchronous.ts'
import type { OperationError } from '../public/errors.ts'
import { configurationError, withOutcome } from '../public/errors.ts'
import { whenKnown } from '../runtime/when-known.ts'
import type { Call, RequestGiven } from './call.ts'
import type { ClientCore } from './client-core.ts'
import { requestGiven } from './call.ts'
import type { OperationDefinition } from './definition.ts'
import type { Run } from './join-run.ts'
import { joinRun, whenReady } from './join-run.ts'
import type { LiveRun } from './live-run.ts'
import type { OperationContext } from './operation-context.ts'
import { payloadOrMistake } from './run-input.ts'
import type { RunInit } from './start-run.ts'
import { startRun } from './start-run.ts'

/** Joins the live run of this operation, or starts one, in this very tick. */
export function startCall<Input, Output>(
  context: OperationContext,
  definition: OperationDefinition<Input, Output>,
  input: Input,
  { operation, signal, given, waitedMs, engine }: Call,
): Run<Output> {
  const payload = payloadOrRejection(context, given)
  const live = context.core.live.get(operation.liveKey) as LiveRun<Output> | undefined
  if (live?.isJoinable === true && live.isPerforming && !live.isLook) {
    live.takeCall()
    return joinRun(live, signal, refusalOf(context, live, payload))
  }
  if (live?.isJoinable === true) live.stop('yielded')
  const run = startRun(context.core, {
    identity: operation.identity,
    operationId: operation.operationId,
    liveKey: operation.liveKey,
    place: operation.place,
    plan: context.plan,
    schema: context.schema,
    mode: 'run',
    scopeNow: context.scopeNow,
    engine,
    waitedMs,
    prepare: x => payloadOrMistake(x, payload),
    retarget:
      definition.onConflict === undefined
        ? undefined
        : retargeted(context, definition, input, operation.identity.scope),
  })
  loadAhead(context.core, run)
  return joinRun(run as LiveRun<Output>, signal, undefined)
}

/**
 * Loads the asking code once the first run has ended. A page may need that code later, when the files of its deployment
 * are gone. A process keeps its files.
 */
function loadAhead({ stored, engine }: ClientCore, run: LiveRun<unknown>): void {
  if (stored.now === undefined && engine.runtime.environment === 'other')
    run.onRelease(() => void stored.load().catch(hearThrown))
}

/** An error thrown by the definition becomes the end of the run. */
function payloadOrRejection(
  context: OperationContext,
  given: () => RequestGiven,
): Payload | Promise<Payload> {
  let payload: Payload | Promise<Payload>
  try {
    payload = payloadOfCall(context, given())
  } catch (error) {
    payload = Promise.reject<Payload>(error)
  }
  if (payload instanceof Promise) payload.catch(() => {})
  return payload
}

/** Prepares the request of a call; throws a `configuration` error for a mistake. */
export function payloadOfCall(
  { core, plan }: OperationContext,
  { spec, specWith, resolveUrl, account, accountCounts, fingerprint, scope }: RequestGiven,
): Payload | Promise<Payload> {
  const { runtime, transport } = core.engineOf(scope)
  const { profile } = plan.settings
  const context: PayloadContext = {
    runtime,
    resolveUrl,
    profile,
    carriesKey: true,
    account,
    accountCounts,
    fingerprint,
    path: `${definitionPath(plan)}.request`,
    staysAtHost: true,
  }
  if (profile.key.in === 'request' && specWith === undefined)
    throw configurationError(
      context.path,
      `must take \`{ key }\` beside the input: the profile ${profile.name} leaves it to it`,
    )
  const again = { ...context, resolveUrl: (url: string | URL) => transport.resolveUrl(url) }
  const prepared =
    specWith === undefined ? preparePayload(spec, context) : keyedPayload(spec, { specWith, context, again })
  return whenKnown(prepared, payload => {
    if (transport.addsQuery !== true) requireWhole(plan, payload)
    return payload
  })
}

/** A joining caller may have the run's result only if its payload means the same (P5). */
async function refusalOf(
  { plan }: OperationContext,
  live: LiveRun<unknown>,
  payload: Payload | Promise<Payload>,
): Promise<OperationError | undefined> {
  let own: Payload
  try {
    own = await payload
  } catch (error) {
    return withOutcome(
      asConfiguration(error, `${definitionPath(plan)}.request`),
      outcomeWhileRunning(live.outcome),
    )
  }
  await whenReady(live)
  if (!isOfAnotherCaller(live.fingerprint, own.fingerprint)) return undefined
  return live.error({
    code: 'payload-mismatch',
    outcome: outcomeWhileRunning(live.outcome),
    reason: 'the operation is under way with another payload',
  })
}

function retargeted<Input, Output>(
  context: OperationContext,
  definition: OperationDefinition<Input, Output>,
  input: Input,
  scope: string,
): RunInit['retarget'] {
  const { stored } = context.core
  let retarget: RunInit['retarget']
  return async (x, end, turn) => {
    if (!isConflict(end)) return end
    const part = stored.now ?? (await stored.load().catch(() => undefined))
    // `onConflict` cannot be called without this code, so the conflict stands.
    if (part === undefined) return end
    retarget ??= part.retargeting(definition, input, next =>
      payloadOfCall(context, requestGiven(context, definition, next, scope)),
    )
    return retarget(x, end, turn)
  }
}
