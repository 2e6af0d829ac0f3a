import { adviceText } from '../public/advice-texts.ts'
import type { OperationErrorInit } from '../public/errors.ts'
import { configurationError, OperationError } from '../public/errors.ts'
import { isObject, refuseUnknown } from '../guards/option-checks.ts'
import type { ServerAnswer } from './answer/answer.ts'
import { responseOfAnswer } from './answer/answer.ts'
import { isResponse, nameKey, readHandlerAnswer, respond } from './answer/answers.ts'
import { clockProblem } from './answer/clock-problem.ts'
import { readKey, serverRecordKey } from './core/key-header.ts'
import type { KeyEvent, KeyRecord } from './core/key-state.ts'
import { nextKeyState } from './core/key-state.ts'
import { isForgotten, type FirstSend } from './core/memory.ts'
import { statusOfKey } from './core/status-of-key.ts'
import type { KeyNotice } from './events.ts'
import type { FoundKey, RefusedRequest } from './request/incoming.ts'
import { checkedScope, readKeyUrl } from './request/incoming.ts'
import type { KeyStore } from './keys/key-store.ts'
import type { ServerRuntime } from './server-runtime.ts'
import type { OpenBounds } from './keys/open-bounds.ts'
import type { ScopedSettings } from './options.ts'
import { isCorrupt } from './keys/key-text.ts'
import { cannotRead, tooManyOpen } from './serve.ts'

/*
 * Requests about a key, beside those that execute under it: the key's own URL (GET for its status, DELETE to seal
 * it), and `conclude`.
 */

/** What a person or a program found out about a key: by reconciliation, from another system, or by looking. */
export type KeyConclusion = {
  /** The owner of the key. */
  readonly scope: string
  readonly outcome: 'executed' | 'not-executed'
  /**
   * The answer for all later requests with this key: a status below 400 if the operation was executed, otherwise 4xx
   * or 5xx.
   */
  readonly response?: Response | undefined
  /** Also replaces a record that cannot be understood, and that record is then lost. Default false. */
  readonly force?: boolean | undefined
}

export type ByHand<Context> = {
  readonly status: (request: Request, context?: Context) => Promise<Response>
  readonly seal: (request: Request, context?: Context) => Promise<Response>
  readonly conclude: (key: string, conclusion: KeyConclusion) => Promise<void>
}

type Parts = { readonly runtime: ServerRuntime; readonly store: KeyStore; readonly bounds: OpenBounds }

type Rules<Context> = {
  readonly settings: ScopedSettings<Context>
  readonly parts: () => Parts
  readonly newOwner: (runtime: ServerRuntime) => string
  readonly notifier: (scope: string, key: string) => (type: KeyNotice['type']) => void
  /** Never throws. */
  readonly errorsOf: (scope: string, key: string) => (error: unknown) => void
  readonly refuse: (refusal: RefusedRequest) => ServerAnswer
}

export function byHand<Context>(rules: Rules<Context>): ByHand<Context> {
  const { settings, parts, newOwner, notifier, errorsOf, refuse } = rules

  async function change(
    { key, scope, place, firstSent }: FoundKey,
    event: KeyEvent,
    isForced: boolean,
  ): Promise<{ readonly record: KeyRecord | undefined; readonly refusal?: string }> {
    const { runtime, store, bounds } = parts()
    const owner = newOwner(runtime)
    let view = await (isForced ? store.readOver(place) : store.read(place))
    for (let write = 1; ; write++) {
      if (event.kind === 'seal' && view.record === undefined) {
        await checkRemembered(firstSent)
        if (write === 1 && !(await bounds.maySeal(scope))) throw new TooManyOpen()
      }
      const next = nextKeyState(view.record, event, { owner, write, nowAt: runtime.now() })
      if (next.kind === 'refused') return { record: view.record, refusal: next.reason }
      if (next.record === view.record) return { record: view.record }
      const { written, view: now } = await store.write(place, view, next.record)
      view = now
      if (!written) continue
      notifier(scope, key)(event.kind === 'seal' ? 'sealed' : 'concluded')
      return { record: view.record }
    }
  }

  /** An absent key proves nothing if it was first sent before the server's memory begins. */
  async function checkRemembered(firstSent: FirstSend | undefined): Promise<void> {
    const { runtime, store } = parts()
    const memory = await store.memory.ofAbsent(firstSent)
    if (isForgotten(firstSent, { memory, retentionMs: settings.retention, nowAt: runtime.now() }))
      throw new KeyExpired()
  }

  /** Answers a request to the key's own URL from the record that `work` returns. */
  async function atKeyUrl(
    request: Request,
    context: Context | undefined,
    work: (found: FoundKey) => Promise<KeyRecord | undefined>,
  ): Promise<Response> {
    const { runtime } = parts()
    const found = await readKeyUrl(request, context, settings, runtime.now())
    if ('kind' in found) return responseOfAnswer(nameKey(refuse(found), found.key, request.headers))
    const answer = async () => {
      try {
        const record = await work(found)
        return respond(statusOfKey(record, { nowAt: runtime.now(), retryAfterMs: settings.retryAfter }))
      } catch (error) {
        if (error instanceof KeyExpired) return respond(clockProblem('key-expired', runtime.now()))
        const notify = notifier(found.scope, found.key)
        if (error instanceof TooManyOpen) return tooManyOpen(notify)
        return cannotRead(error, { settings, notify, onError: errorsOf(found.scope, found.key) }, 409)
      }
    }
    return responseOfAnswer(nameKey(await answer(), found.key, request.headers))
  }

  return {
    status: (request, context) =>
      atKeyUrl(request, context, async ({ place, firstSent }) => {
        const { record } = await parts().store.read(place)
        if (record === undefined) await checkRemembered(firstSent)
        return record
      }),
    seal: (request, context) =>
      atKeyUrl(request, context, async found => (await change(found, { kind: 'seal' }, false)).record),
    async conclude(key, conclusion) {
      const scope = checkConclusion(key, conclusion, settings.maxKeyLength)
      const { outcome, response, force } = conclusion
      const kept = { maxBytes: settings.maxAnswerBytes, headers: settings.replayHeaders }
      const answer = response === undefined ? undefined : (await readHandlerAnswer(response, kept)).stored
      const event = { kind: 'conclude', outcome, ...(answer !== undefined && { answer }) } as const
      const found = { key, scope, place: serverRecordKey(scope, key), firstSent: undefined }
      const { record, refusal } = await change(found, event, force === true).catch(error => {
        notifier(scope, key)('store-failed')
        throw storeCannot(error, key)
      })
      if (refusal !== undefined) throw cannotConclude(record, refusal, key)
    },
  }
}

const KNOWN = ['scope', 'outcome', 'response', 'force']

/**
 * Checks the arguments and returns the scope. A misspelt name is refused, because it must never settle a key by
 * accident.
 */
function checkConclusion(key: unknown, conclusion: unknown, maxKeyLength: number): string {
  const reading = typeof key === 'string' ? readKey(key, maxKeyLength) : undefined
  if (reading?.kind !== 'key' || reading.key !== key)
    throw configurationError('conclude.key', 'must be the key as it is, without quotes')
  if (!isObject(conclusion)) throw configurationError('conclude', 'takes a key, and { scope, outcome }')
  refuseUnknown(conclusion, KNOWN, 'conclude.')
  const { outcome, response, force } = conclusion
  if (outcome !== 'executed' && outcome !== 'not-executed')
    throw configurationError('conclude.outcome', "must be 'executed' or 'not-executed'")
  if (response !== undefined && (!isResponse(response) || response.bodyUsed || response.status < 200))
    throw configurationError('conclude.response', 'must be a Response whose body nobody has read')
  // A client reads the status alone, so the status must agree with the outcome.
  if (response !== undefined && response.status >= 400 === (outcome === 'executed'))
    throw configurationError(
      'conclude.response',
      outcome === 'executed'
        ? 'must be no refusal: it was executed'
        : 'must be a 4xx or 5xx: it was not executed',
    )
  if (force !== undefined && typeof force !== 'boolean')
    throw configurationError('conclude.force', 'must be true or false')
  return checkedScope(conclusion['scope'])
}

/**
 * Nothing is stored for the key, and the key is older than the server's memory: nobody knows whether the work was
 * executed.
 */
class KeyExpired extends Error {
  override readonly name = 'KeyExpired'
}

/** The scope has already sealed as many keys as it may. */
class TooManyOpen extends Error {
  override readonly name = 'TooManyOpen'
}

function cannotConclude(record: KeyRecord | undefined, reason: string, key: string): OperationError {
  const isAtWork = record?.state === 'processing'
  const outcome = record?.state === 'succeeded' ? 'executed' : 'not-executed'
  return helpfulError({
    code: isAtWork ? 'still-processing' : 'conflict',
    outcome: isAtWork ? 'unknown' : outcome,
    reason: `the key cannot be concluded: ${reason}`,
    key,
  })
}

function storeCannot(error: unknown, key: string): OperationError {
  const code = isCorrupt(error) ? 'store-corrupt' : 'store-failed'
  const reason = isCorrupt(error)
    ? 'the key was not concluded: its record cannot be understood, and was left as it is'
    : 'the store failed: whether the conclusion was stored is not known; read the status of the key'
  return helpfulError({ code, outcome: 'unknown', reason, key, cause: error })
}

function helpfulError(init: OperationErrorInit): OperationError {
  return new OperationError({ ...init, help: adviceText(init) })
}
