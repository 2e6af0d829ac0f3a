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
  /** Whether what the handler throws goes on to the caller; by default what says that it is a 4xx. */
  readonly rethrow: boolean | undefined
  /** Work that goes on after the answer. */
  readonly keepAlive: (work: Promise<unknown>) => void
  /** The run has left its key open. */
  readonly left: () => Promise<void>
  /** What the key is answered by a record that another wrote. */
  readonly tell: (record: KeyRecord | undefined) => ServerAnswer
}

/** Why the handler should stop. Its signal is made for who asks for it. */
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

type End =
  | { readonly kind: 'answered'; readonly answer: HandlerAnswer; readonly keep: boolean }
  /** `answer`: what its framework made of the error. */
  | { readonly kind: 'nothing-happened'; readonly error: unknown; readonly answer?: ServerAnswer | undefined }
  | { readonly kind: 'threw'; readonly error: unknown; readonly answer?: HandlerAnswer | undefined }

/**
 * Runs the handler under a claim, writes down how it ended, and gives what the client gets. Rejects with what the
 * handler threw where `rethrow` says so, once that is written down: its framework answers as it always did.
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
  // Awaited here: a promise that is given as it is takes three turns more.
  if (end !== 'late') return await settled(job, end)
  stop.abort(new DOMException('The handler took too long.', 'TimeoutError'))
  // If it ends after all, its claim has not been taken over, and its own word is better than none.
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
    return { kind: 'answered', answer, keep: keeps(job, answer) }
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

/** As frameworks read it of an error: Express, Koa and Hono `status`, Fastify and http-errors `statusCode`. */
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

/** A callback that cannot decide loses no answer. */
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
    // Where the store cannot be read now, the write that follows finds out.
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
 * Whether a refusal speaks for its own run alone: the one from which it took over may execute yet. Whoever got it might
 * take it for the word on the key, as a client does whose first delivery a proxy has sent again unseen.
 */
function isOnlyOwn({ record }: Held, status: number): boolean {
  return record?.state === 'unknown' && outcomeOfStatus(status) === 'not-executed'
}

/**
 * What is answered where the handler completed its key in a transaction: its commit speaks where it has landed. Whether it has,
 * the store may not say now; then no word is believed, because nobody knows.
 */
function answerInDoubt(job: Job, held: Held, end: End | undefined): ServerAnswer | undefined {
  if (held.kind === 'committed') return afterCommit(job, held, end)
  if (held.kind !== 'unwritten' || !job.holder.hasCompleted) return undefined
  if (end?.kind === 'threw') job.onError(end.error)
  return respond(problem('outcome-unknown'))
}

/** The operation was executed: whatever came afterwards, an acknowledgement that was lost, an error, the end of its time. */
function afterCommit(job: Job, { completion }: CommittedEnd, end: End | undefined): ServerAnswer {
  if (job.holder.isFirstToTell()) job.notify('completed')
  if (end?.kind === 'threw') job.onError(end.error)
  const own = end?.kind === 'answered' ? end.answer : completion
  // With the headers that are not kept, where it is the same that later requests get.
  return isSame(own.stored, completion.stored) ? own.answer : completion.answer
}

function isSame(own: StoredAnswer, kept: StoredAnswer): boolean {
  return own.status === kept.status && own.body === kept.body && own.form === kept.form
}

/** Reports to the owner why a key is unknown whose handler answered with a success. */
class UncommittedSuccess extends Error {
  override readonly name = 'UncommittedSuccess'

  constructor(status: number) {
    super(
      `The handler answered ${status}, and the transaction in which it called completeWithin was not committed: whether ` +
        'anything was executed is not known. Await the commit before the answer, and let its failure be thrown.',
    )
  }
}

/** The handler took too long, and its work may have half happened. */
async function lost(job: Job, reason: string, end?: End): Promise<ServerAnswer> {
  const held = await lose(job, reason)
  const inDoubt = answerInDoubt(job, held, end)
  if (inDoubt !== undefined) return inDoubt
  return held.kind === 'fenced' ? job.tell(held.record) : respond(problem('outcome-unknown'))
}

/** The work may have half happened: the key is kept, and not executed again on a guess. */
async function lose(job: Job, reason: string, answer?: HandlerAnswer): Promise<Held> {
  const kept = answer !== undefined && keeps(job, answer) && { answer: answer.stored }
  return change(job, { kind: 'lose', reason, ...kept }, 'outcome-unknown')
}

async function change(job: Job, event: KeyEvent, type: KeyNotice['type']): Promise<Held> {
  return changed(job, await job.holder.change(event), type)
}

/** What the handler did is not undone by a store that fails: the answer goes out, the record follows. */
function changed(job: Job, held: Held, type: KeyNotice['type']): Held {
  if (held.kind === 'committed') return held
  if (held.kind === 'fenced') {
    job.notify('fenced')
    // The claim in its way may be one whose writer got a failure of the store, and that is taken back.
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

/** Another run or a person settled the key meanwhile: what is stored speaks, but never against a success. */
function fenced(job: Job, { record }: Held, { answer, stored }: HandlerAnswer): ServerAnswer {
  // Nobody knows better than who did it.
  if (record === undefined) return answer
  if (outcomeOfStatus(stored.status) !== 'executed') return job.tell(record)
  if (record.state === 'failed') {
    job.notify('late-success')
    return answer
  }
  const isSettled = record.state === 'succeeded' && record.answer !== undefined
  return isSettled ? replay(record.answer) : job.tell(record)
}

/** The end, or `late` when the time is up first. */
function within(runtime: ServerRuntime, ms: number, work: Promise<End>): Promise<End | 'late'> {
  return new Promise(resolve => {
    const cancel = runtime.after(ms, () => resolve('late'))
    void work.then(end => {
      cancel()
      resolve(end)
    })
  })
}
