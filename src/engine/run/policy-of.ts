import { carriageOf } from '../../core/record/key-carriage.ts'
import { rememberedMs } from '../../core/record/horizon-margin.ts'
import { LONGEST_RESULT } from '../../core/record/stored-answer.ts'
import type { RunPolicy } from '../../core/run/run-policy.ts'
import type { RunFacts } from './run-facts.ts'

/** The facts that do not change during a run. */
export function policyOf({
  plan,
  engine,
  identity,
  mode,
  look,
  payload,
  startedMs,
  trace,
}: RunFacts & Pick<RunPolicy, 'mode' | 'look'>): RunPolicy {
  const { settings } = plan
  const { profile } = settings
  return {
    mode,
    look,
    identity: { scope: identity.scope, name: identity.name, id: identity.id },
    runner: engine.writer.runner,
    holder: engine.runtime.holder,
    trace: trace?.headers?.['traceparent'],
    payload: payload && {
      fingerprint: payload.fingerprint,
      target: payload.target,
      origin: payload.target.origin,
    },
    startedMs,
    timeoutMs: settings.timeoutMs,
    pollDeadlineMs: settings.pollDeadlineMs,
    rememberMs: settings.rememberMs,
    retentionMs: rememberedMs(profile, settings),
    attempts: settings.attempts,
    backoff: settings.backoff,
    pollInterval: settings.pollInterval,
    profile,
    carriage: carriageNow(profile, payload),
    honoursKeys: profile.honoursKeys,
    comparesBytes: profile.comparesBytes,
    keyShape: profile.key,
    persist: plan.persist,
    keepResponseHeaders: plan.keepResponseHeaders,
    hasStatus: plan.status !== undefined,
    wantsData: plan.wantsData,
    hasHook: plan.verdict !== undefined,
    absentAfterMs: plan.absentAfterMs,
    longestResult: LONGEST_RESULT,
  }
}

/**
 * The carriage of the profile now. A stored request has the carriage that it was begun with, and the two are compared.
 * If they are equal, the payload's own string is returned, so that a run does not hold a second copy.
 */
function carriageNow(profile: Parameters<typeof carriageOf>[0], payload: RunFacts['payload']): string {
  const carriage = carriageOf(profile)
  const begun = payload?.target.carriage
  return begun === carriage ? begun : carriage
}
