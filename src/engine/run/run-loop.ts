import pRetry from 'p-retry'
import type { RefusalReason } from '../../core/answers/evidence.ts'
import type { Moment, Step, StepPolicy } from '../../core/run/step.ts'
import { isRemembered } from '../../core/run/finding.ts'
import { nextStep } from '../../core/run/next-step.ts'
import { spendAsk, spendRetry } from '../../core/run/retry-budget.ts'
import { afterPause } from '../../core/run/run-progress.ts'
import { acquire } from './acquire.ts'
import { ask } from '../ask/ask.ts'
import { attempt } from '../send/attempt.ts'
import { Cue } from '../../runtime/cue.ts'
import { loseClaim, pauseHolding, renewIfDue } from './claim.ts'
import type { End } from './end.ts'
import { configured, isMistake, settledEnd, stopCode, stopped, storeEnd } from './end.ts'
import type { RunContext } from './run-context.ts'
import { StoreFailure } from '../stored/journal.ts'
import { pause } from '../../runtime/runtime.ts'
import { faultToAsk, faultToSend } from './target-check.ts'
import { keep, letGo } from './keep.ts'

/*
 * The loop of one run: take the operation, ask the core what to do next, do it, until the core says that
 * it is done or has to stop. p-retry turns the loop and nothing else: the core counts, decides and waits, so
 * p-retry has no delay, no limit and no signal (its signal neither cuts a wait nor keeps a success).
 *
 * Every way out goes through `letGo`, which writes what was learnt and frees the claim.
 */
const AGAIN = new Error('the loop goes on')

/** Runs an operation to its end. It never rejects: what goes wrong is in the end. */
export async function settle(x: RunContext): Promise<End> {
  return letGo(x, await untilEnd(x))
}

async function untilEnd(x: RunContext): Promise<End> {
  try {
    // Most runs are over after one turn; the others go on in the loop.
    return (await oneTurn(x)) ?? (await looped(x))
  } catch (error) {
    return unexpected(x, error)
  }
}

function looped(x: RunContext): Promise<End> {
  return pRetry(() => turn(x), {
    retries: Number.POSITIVE_INFINITY,
    minTimeout: 0,
    shouldRetry: ({ error }) => error === AGAIN,
  })
}

async function turn(x: RunContext): Promise<End> {
  const end = await oneTurn(x)
  if (end === undefined) throw AGAIN
  return end
}

async function oneTurn(x: RunContext): Promise<End | undefined> {
  // Proven while another wrote: what is stored may be older than the proof, and changes nothing of it.
  if (!x.holding && x.isProven) {
    await keep(x)
    return settledEnd(x)
  }
  if (!x.holding) {
    const acquired = await acquire(x)
    if (acquired !== 'held') return acquired
  }
  // A proof that came in while the run was being stopped is not discarded.
  if (x.stopRequest !== undefined && x.record?.state === 'succeeded') {
    await lookForResult(x)
    return settledEnd(x)
  }
  if (x.stopRequest !== undefined) return stopped(x, stopCode(x.stopRequest), stopReason(x))
  if (x.record === undefined) throw new Error('a claimed operation has a record')
  const step = nextStep(x.record, x.progress, policyOf(x), momentOf(x))
  switch (step.kind) {
    case 'done':
      await lookForResult(x)
      return x.misread !== undefined && x.record.state === 'succeeded' && x.record.result === undefined
        ? stopped(x, 'already-executed', `it was executed, and its result is not known here; ${x.misread}`)
        : settledEnd(x)
    case 'stop':
      return stopped(x, step.code, withOffline(withUnread(step.reason, x), x), step.retryAt)
    case 'wait':
      return wait(x, step)
    case 'ask':
      return askOnce(x, step.at)
    case 'send':
      return sendOnce(x, step.as)
    default:
      return step satisfies never
  }
}

/** Nobody could be asked for the result; another runner may have got it, and stored it meanwhile. */
async function lookForResult(x: RunContext): Promise<void> {
  const { record } = x
  if (record?.state !== 'succeeded' || record.result !== undefined) return
  try {
    const stored = await x.journal.read()
    if (stored?.state !== 'succeeded' || stored.key !== record.key) return
    const { rememberMs } = x.plan.settings
    if (isRemembered(stored, { nowAt: x.engine.runtime.now(), rememberMs })) x.record = stored
  } catch (error) {
    // The journal has told it; executed is executed.
    if (!(error instanceof StoreFailure)) throw error
  }
}

async function wait(x: RunContext, step: Extract<Step, { kind: 'wait' }>): Promise<undefined> {
  x.emit({ type: 'waiting', delayMs: step.delayMs, reason: step.reason })
  x.retryAt = x.engine.runtime.now() + step.delayMs
  x.enter(step.before === 'poll' ? 'polling' : 'waiting')
  await pauseHolding(x, step.delayMs)
  x.retryAt = undefined
  x.progress = afterPause(x.progress, step.spends)
  return undefined
}

async function askOnce(x: RunContext, at: 'poll-url' | 'status' | 'result'): Promise<End | undefined> {
  await renewIfDue(x)
  if (!x.holding) return undefined
  if (!x.isSameScope) return stopped(x, 'scope-changed', 'another user is logged in now')
  const { budgets, runtime } = x.engine
  if (!runtime.online()) {
    await untilOnline(x)
    return undefined
  }
  budgets.set(x.spender, spendAsk(budgets.of(x.spender), runtime.monotonic()) ?? budgets.of(x.spender))
  await ask(x, at)
  await keep(x)
  if (x.mistake === undefined) return undefined
  // What cannot be kept takes nothing from a success.
  const hasResult = x.record?.state === 'succeeded' && x.record.result !== undefined
  return hasResult ? undefined : configured(x, x.mistake)
}

async function sendOnce(x: RunContext, as: 'attempt' | 'poll' | 'reread'): Promise<End | undefined> {
  if (x.payload === undefined)
    return stopped(x, 'unresolved', 'the request is not stored, so it cannot be sent from here')
  const { budgets } = x.engine
  // What was never written ahead is still its first send, however often the gate was not reached.
  if (as === 'attempt' && x.progress.turns > 0 && (x.record?.attempts ?? 0) > 0) {
    budgets.set(x.spender, spendRetry(budgets.of(x.spender)) ?? budgets.of(x.spender))
  }
  const ended = await attempt(x, x.payload, as)
  await keep(x)
  if (x.mistake !== undefined && x.record?.state !== 'succeeded') return configured(x, x.mistake)
  if (ended === undefined) return isDone(x) ? settledEnd(x) : undefined
  if ('configuration' in ended) return configured(x, ended.configuration)
  return afterRefusal(x, ended.refusal)
}

/** The common end, without another turn of the loop: executed, and its result is here. */
function isDone(x: RunContext): boolean {
  return (
    x.holding &&
    x.stopRequest === undefined &&
    x.record?.state === 'succeeded' &&
    x.record.result !== undefined
  )
}

/** Nothing was sent, for a reason that trying again at once would not change. */
async function afterRefusal(x: RunContext, refusal: RefusalReason): Promise<End | undefined> {
  switch (refusal) {
    case 'claim-lost':
      if (x.holding) loseClaim(x)
      return undefined
    case 'store-failed':
      return storeEnd(x, x.lastCause)
    case 'scope-changed':
      return stopped(x, 'scope-changed', 'another user is logged in now')
    case 'answered-by-hook':
      return stopped(
        x,
        'configuration',
        'http.hooks: a hook answered in the place of the server, and its answer says nothing of the operation',
      )
    case 'offline':
      await untilOnline(x)
      return undefined
    case 'aborted':
    case 'closed':
    case 'deadline':
      return undefined
    case 'attempt-over':
    case 'hook-failed':
    case 'key-expired':
    case 'key-not-honoured':
    case 'other-target':
    case 'settled':
    case 'timeout':
      // The plan and the gate disagree, because something changed between them: plan anew, with a turn less.
      x.progress = {
        ...afterPause(x.progress, 'spends-turn'),
        rested: false,
        last: { kind: 'not-sent', reason: `the gate refused: ${refusal}` },
      }
      return undefined
    default:
      return refusal satisfies never
  }
}

async function untilOnline(x: RunContext): Promise<void> {
  x.enter('waiting')
  x.emit({ type: 'waiting', delayMs: Math.max(0, x.remainingMs), reason: 'offline' })
  const done = new Cue()
  const endOnline = x.engine.runtime.whenOnline(() => done.fire())
  const endStop = x.stopCue.on(() => done.fire())
  if (x.engine.runtime.online() || x.stopRequest !== undefined) done.fire()
  await pause(x.engine.runtime, Math.max(0, x.remainingMs), done)
  endStop()
  endOnline()
  await renewIfDue(x)
}

function policyOf(x: RunContext): StepPolicy {
  const { settings, status } = x.plan
  const mode = x.mode !== 'ask' && x.payload !== undefined ? 'run' : 'ask'
  const doubtful = x.record !== undefined && x.record.sent > 0
  return {
    mode,
    attempts: settings.attempts,
    backoff: settings.backoff,
    pollInterval: settings.pollInterval,
    honoursKeys: settings.profile.honoursKeys,
    horizon: x.horizon,
    hasStatus: status !== undefined,
    unfit: x.unfit,
    elsewhere: (mode === 'run' ? faultToSend(x) : undefined) ?? (doubtful ? faultToAsk(x) : undefined),
  }
}

function momentOf(x: RunContext): Moment {
  const { runtime, budgets } = x.engine
  const budget = budgets.of(x.spender)
  return {
    ...x.clocks,
    remainingMs: x.remainingMs,
    random: runtime.random(),
    retryAllowed: spendRetry(budget) !== undefined,
    askAllowed: spendAsk(budget, runtime.monotonic()) !== undefined,
  }
}

/**
 * A word that nobody has explained, or a `read` that says nothing, may be all that keeps the end away: whoever reads the
 * error can explain the one and mend the other.
 */
function withUnread(reason: string, { progress, misread }: RunContext): string {
  if (misread !== undefined) return `${reason}; ${misread}`
  const { unknownWord } = progress
  return unknownWord === undefined
    ? reason
    : `${reason}; the server says "${unknownWord}", a word that \`status.read\` or \`status\` of the profile can explain`
}

/** What is waited for all the time is why nothing came of it, whatever ended the wait. */
function withOffline(reason: string, x: RunContext): string {
  return x.engine.runtime.online() ? reason : `${reason}; this device says that it is offline`
}

function stopReason(x: RunContext): string {
  switch (x.stopRequest) {
    case 'closed':
      return 'the client was closed'
    case 'forgotten':
      return 'the operation was forgotten while it ran'
    case 'sealed':
      return 'the operation was cancelled while it ran'
    default:
      return 'the caller aborted'
  }
}

function unexpected(x: RunContext, error: unknown): End {
  if (error instanceof StoreFailure) return storeEnd(x, error)
  if (isMistake(error)) return configured(x, error)
  // A mistake of ours or of a callback: nothing is claimed that is not known.
  return { ...stopped(x, 'unresolved', 'an unexpected error ended the run'), cause: error }
}
