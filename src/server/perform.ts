import { isThenable } from '../guards/synchronous.ts'
import { configurationError } from '../public/errors.ts'
import type { ServerAnswer } from './answer/answer.ts'
import { AnsweredError } from './answer/answered-error.ts'
import type { AnswerRules, HandlerAnswer } from './answer/answers.ts'
import { readHandlerAnswer, replay, respond } from './answer/answers.ts'
import type { KeyEvent, KeyRecord, StoredAnswer } from './core/key-state.ts'
import { outcomeOfStatus } from './core/key-state.ts'
import { problem } from './core/problem.ts'
import type { CommittedEnd, Held, KeyHolder } from './keys/key-holder.ts'
import type { KeyNotice } from './events.ts'
import type { ServerRuntime } from './server-runtime.ts'
import { decisionOf } from './listeners.ts'
import { answerOfNotExecuted, isNotExecuted } from './answer/not-executed.ts'
import type { ServerSettings } from './options.ts'

export type Job = {
  readonly holder: KeyHolder
  readonly settings: ServerSettings
  readonly runtime: ServerRuntime
  readonly run: (stop: StopOfRun) => ServerAnswer | Promise<ServerAnswer>
  readonly notify: (type: KeyNotice['type']) => void
  /** Never throws. */
  readonly onError: (error: unknown) => void
  /** Whether an error of the handler goes on to the caller. Default: an error that states a 4xx does. */
  readonly rethrow: boolean | undefined
  /** Keeps the process alive for work that goes on after the answer. */
  readonly keepAlive: (work: Promise<unknown>) => void
  /** Called when the run has left its key open. */
  readonly left: () => Promise<void>
  /** The answer for the key from a record that another writer stored. */
  readonly tell: (record: KeyRecord | undefined) => ServerAnswer
}

/** Stops the handler. The signal is created only when somebody reads it. */
export class StopOfRun {
  #controller: AbortController | undefined

  get signal(): AbortSignal {
    return (this.#controller ??= new AbortController()).signal
  }

  abort(reason: DOMException): void {
    this.#controller ??= new AbortController()
    this.#controller.abort(reason)
  }
}

/** A class for the reason that `Service` has. */
class Answered {
  readonly kind = 'answered'
  readonly answer: HandlerAnswer
  readonly keep: boolean

  constructor(answer: HandlerAnswer, keep: boolean) {
    this.answer = answer
    this.keep = keep
  }
}

type End =
  | Answered
  /** `answer`: the framework's response to the error. */
  | { readonly kind: 'nothing-happened'; readonly error: unknown; readonly answer?: ServerAnswer | undefined }
  | { readonly kind: 'threw'; readonly error: unknown; readonly answer?: HandlerAnswer | undefined }

/**
 * Runs the handler under a claim, records how it ended, and returns the client's answer. If `rethrow` applies,
 * rejects with the handler's error once the end is recorded, and the framework answers as it always did.
 */
export async function perform(job: Job): Promise<ServerAnswer> {
  const { holder, settings, runtime } = job
  const stop = new StopOfRun()
  const dropLease = holder.keepLease(settings.lease, () =>
    stop.abort(new DOMException('The claim was lost.', 'AbortError')),
  )
  const work = endOf(job, stop)
  const end = await within(runtime, settings.timeout, work)
  dropLease()
  // Awaited here, because returning the promise itself would take three more turns.
  if (end !== 'late') return await settled(job, end)
  stop.abort(new DOMException('The handler took too long.', 'TimeoutError'))
  // The handler may still end while its claim has not been taken over, and then its own result is better than none.
  job.keepAlive(
    work.then(late =>
      settled(job, late).catch(error => {
        if (late.kind === 'nothing-happened') job.onError(error)
      }),
    ),
  )
  return lost(job, `the handler took longer than ${settings.timeout} ms`)
}

/** Never rejects. */
async function endOf(job: Job, stop: StopOfRun): Promise<End> {
  try {
    const given = job.run(stop)
    const read = readHandlerAnswer(isThenable(given) ? await given : given, answerRules(job))
    const answer = read instanceof Promise ? await read : read
    return new Answered(answer, keeps(job, answer))
  } catch (thrown) {
    return endOfError(job, thrown)
  }
}

async function endOfError(job: Job, thrown: unknown): Promise<End> {
  const { error, answer } = thrown instanceof AnsweredError ? thrown : { error: thrown, answer: undefined }
  if (isNotExecuted(error) || isDeclared(job, error)) return { kind: 'nothing-happened', error, answer }
  if (answer === undefined) return { kind: 'threw', error }
  try {
    return { kind: 'threw', error, answer: await readHandlerAnswer(answer, answerRules(job)) }
  } catch (fault) {
    job.onError(fault)
    return { kind: 'threw', error }
  }
}

function isDeclared({ settings, onError }: Job, error: unknown): boolean {
  const { nothingHappened } = settings
  if (nothingHappened === undefined) return false
  const rule = { name: 'nothingHappened', otherwise: false }
  const declared: unknown = decisionOf(rule, () => nothingHappened(error), onError)
  return declared === true
}

/**
 * Reads the status of an error as frameworks do: Express, Koa and Hono read `status`, Fastify and http-errors
 * `statusCode`.
 */
function saysClientError(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  try {
    const { status, statusCode = status } = error as {
      readonly status?: unknown
      readonly statusCode?: unknown
    }
    return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500
  } catch {
    return false
  }
}

/** A callback that fails to decide must not lose the answer, so the answer is then stored. */
export function keeps(
  { settings, onError }: Pick<Job, 'settings' | 'onError'>,
  { answer: { status, headers } }: HandlerAnswer,
): boolean {
  if (settings.stores === undefined) return true
  const { stores } = settings
  const rule = { name: 'stores', otherwise: true }
  const decide = () => {
    const decided: unknown = stores(new Response(null, { status, headers: [...headers] }))
    if (decided === undefined || decided === null)
      throw configurationError('stores', `gave ${decided}: it must return true or false`)
    return decided as boolean
  }
  return decisionOf(rule, decide, onError)
}

export function answerRules({
  settings: { maxAnswerBytes: maxBytes, replayHeaders: headers },
}: Pick<Job, 'settings'>): AnswerRules {
  return { maxBytes, headers }
}

async function settled(job: Job, end: End): Promise<ServerAnswer> {
  const { holder } = job
  if (holder.hasCompleted) {
    // If the store cannot be read now, the next write finds out.
    const committed = await holder.committed().catch(() => undefined)
    if (committed !== undefined) return afterCommit(job, committed, end)
  }
  switch (end.kind) {
    case 'answered': {
      const { answer, keep } = end
      const { status } = answer.stored
      if (holder.hasCompleted && outcomeOfStatus(status) === 'executed') {
        job.onError(new UncommittedSuccess(status))
        return lost(job, 'the transaction in which its handler completed it was not committed', end)
      }
      const completion = { kind: 'complete', answer: answer.stored, keep } as const
      const held = changed(job, await holder.change(completion), 'completed')
      const inDoubt = answerInDoubt(job, held, end)
      if (inDoubt !== undefined) return inDoubt
      if (held.kind === 'fenced') return fenced(job, held, answer)
      return isOnlyOwn(held, answer.stored.status) ? respond(problem('outcome-unknown')) : answer.answer
    }
    case 'nothing-happened': {
      const held = await change(job, { kind: 'release' }, 'released')
      const inDoubt = answerInDoubt(job, held, end)
      if (inDoubt !== undefined) return inDoubt
      if (held.kind === 'fenced') return job.tell(held.record)
      if (held.record?.state === 'unknown') return respond(problem('outcome-unknown'))
      if (end.answer !== undefined) return end.answer
      if (!isNotExecuted(end.error)) throw end.error
      return answerOfNotExecuted(end.error, job.settings.retryAfter)
    }
    case 'threw': {
      const { answer } = end
      const held = await lose(job, 'the handler threw', answer)
      const inDoubt = answerInDoubt(job, held, end)
      if (inDoubt !== undefined) return inDoubt
      job.onError(end.error)
      if (held.kind === 'fenced') return job.tell(held.record)
      if (answer !== undefined) return answer.answer
      if (job.rethrow ?? saysClientError(end.error)) throw end.error
      return respond(problem('outcome-unknown'))
    }
    default:
      return end satisfies never
  }
}

/**
 * Whether a refusal proves something only about its own run, because an earlier run may still execute. A client must
 * not get such a refusal, because the client could take it as final for the key, for example if a proxy has silently
 * sent the first delivery again.
 */
function isOnlyOwn({ record }: Held, status: number): boolean {
  return record?.state === 'unknown' && outcomeOfStatus(status) === 'not-executed'
}

/**
 * The answer for a handler that completed its key in a transaction. If the commit has landed, the commit decides. If
 * the store cannot report now whether it has landed, the outcome is unknown.
 */
function answerInDoubt(job: Job, held: Held, end: End | undefined): ServerAnswer | undefined {
  if (held.kind === 'committed') return afterCommit(job, held, end)
  if (held.kind !== 'unwritten' || !job.holder.hasCompleted) return undefined
  if (end?.kind === 'threw') job.onError(end.error)
  return respond(problem('outcome-unknown'))
}

/** The operation was executed, whatever came after the commit: a lost acknowledgement, an error, or the timeout. */
function afterCommit(job: Job, { completion }: CommittedEnd, end: End | undefined): ServerAnswer {
  if (job.holder.isFirstToTell()) job.notify('completed')
  if (end?.kind === 'threw') job.onError(end.error)
  const own = end?.kind === 'answered' ? end.answer : completion
  // The handler's own answer also has the headers that are not stored. It is used if later requests get the same
  // answer otherwise.
  return isSame(own.stored, completion.stored) ? own.answer : completion.answer
}

function isSame(own: StoredAnswer, kept: StoredAnswer): boolean {
  return own.status === kept.status && own.body === kept.body && own.form === kept.form
}

/** Reports to the owner why a key is unknown although its handler answered with a success. */
class UncommittedSuccess extends Error {
  override readonly name = 'UncommittedSuccess'

  constructor(status: number) {
    super(
      `The handler answered ${status}, and the transaction in which it called completeWithin was not committed: whether ` +
        'anything was executed is not known. Await the commit before the answer, and let its failure be thrown.',
    )
  }
}

/** The work may have half happened, because the handler took too long or its transaction was not committed. */
async function lost(job: Job, reason: string, end?: End): Promise<ServerAnswer> {
  const held = await lose(job, reason)
  const inDoubt = answerInDoubt(job, held, end)
  if (inDoubt !== undefined) return inDoubt
  return held.kind === 'fenced' ? job.tell(held.record) : respond(problem('outcome-unknown'))
}

/** The work may have half happened, so the key is kept and never executed again on a guess. */
async function lose(job: Job, reason: string, answer?: HandlerAnswer): Promise<Held> {
  const kept = answer !== undefined && keeps(job, answer) && { answer: answer.stored }
  return change(job, { kind: 'lose', reason, ...kept }, 'outcome-unknown')
}

async function change(job: Job, event: KeyEvent, type: KeyNotice['type']): Promise<Held> {
  return changed(job, await job.holder.change(event), type)
}

/** A failing store cannot undo what the handler did, so the answer goes out now and the record is written later. */
function changed(job: Job, held: Held, type: KeyNotice['type']): Held {
  if (held.kind === 'committed') return held
  if (held.kind === 'fenced') {
    job.notify('fenced')
    // The other claim may be one that its writer takes back, because the store reported a failure for it.
    if (held.own !== undefined) job.keepAlive(job.holder.mend(held.own))
    return held
  }
  job.notify(type)
  if (held.record?.state === 'unknown') job.keepAlive(job.left())
  if (held.kind === 'unwritten') {
    job.notify('store-failed')
    job.keepAlive(job.holder.mend(held).then(mended => mended && job.notify('mended')))
  }
  return held
}

/**
 * Another run or a person has settled the key meanwhile. The stored record decides, but never against a success of
 * this run.
 */
function fenced(job: Job, { record }: Held, { answer, stored }: HandlerAnswer): ServerAnswer {
  // The key is free again, so the run that did the work knows best.
  if (record === undefined) return answer
  if (outcomeOfStatus(stored.status) !== 'executed') return job.tell(record)
  if (record.state === 'failed') {
    job.notify('late-success')
    return answer
  }
  const isSettled = record.state === 'succeeded' && record.answer !== undefined
  return isSettled ? replay(record.answer) : job.tell(record)
}

/** The end of the work, or `late` if the time is up first. */
function within(runtime: ServerRuntime, ms: number, work: Promise<End>): Promise<End | 'late'> {
  return new Promise(resolve => {
    const cancel = runtime.after(ms, () => resolve('late'))
    void work.then(end => {
      cancel()
      resolve(end)
    })
  })
}
