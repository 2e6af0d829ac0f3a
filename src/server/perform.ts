import type { HandlerAnswer } from './answers.ts'
import { readAnswer, replay, respond } from './answers.ts'
import type { KeyEvent, KeyRecord } from './core/key-state.ts'
import { outcomeOfStatus } from './core/key-state.ts'
import { problem, retryAfter } from './core/told.ts'
import type { Held, Holder } from './holder.ts'
import type { KeyNotice } from './events.ts'
import type { ServerRuntime } from './key-store.ts'
import { isNotExecuted } from './not-executed.ts'
import type { Settings } from './options.ts'

export type Job = {
  readonly holder: Holder
  readonly settings: Settings
  readonly runtime: ServerRuntime
  readonly run: (signal: AbortSignal) => Response | Promise<Response>
  readonly notify: (type: KeyNotice['type']) => void
  readonly onError: (error: unknown) => void
  /** Work that goes on after the answer. */
  readonly keepAlive: (work: Promise<unknown>) => void
  /** What the key is answered by a record that another wrote. */
  readonly tell: (record: KeyRecord | undefined) => Response
}

type End =
  | { readonly kind: 'answered'; readonly answer: HandlerAnswer; readonly keep: boolean }
  | { readonly kind: 'nothing-happened'; readonly error: unknown }
  | { readonly kind: 'threw'; readonly error: unknown }

/** Runs the handler under a claim, writes down how it ended, and gives what the client is told. */
export async function perform(job: Job): Promise<Response> {
  const { holder, settings, runtime } = job
  const stop = new AbortController()
  const dropLease = holder.keepLease(settings.lease, () =>
    stop.abort(new DOMException('The claim was lost.', 'AbortError')),
  )
  const work = endOf(job, stop.signal)
  const end = await within(runtime, settings.timeout, work)
  dropLease()
  if (end !== 'late') return settled(job, end)
  stop.abort(new DOMException('The handler took too long.', 'TimeoutError'))
  // If it ends after all, its claim has not been taken over, and its own word is better than none.
  job.keepAlive(work.then(late => settled(job, late).catch(job.onError)))
  return lost(job, `the handler took longer than ${settings.timeout} ms`)
}

async function endOf({ run, settings }: Job, signal: AbortSignal): Promise<End> {
  try {
    const response = await run(signal)
    const { maxAnswerBytes: maxBytes, replayHeaders: headers } = settings
    const answer = await readAnswer(response, { maxBytes, headers })
    return { kind: 'answered', answer, keep: settings.stores(answer.response) }
  } catch (error) {
    const kind = isNotExecuted(error) || settings.nothingHappened?.(error) === true
    return { kind: kind ? 'nothing-happened' : 'threw', error }
  }
}

async function settled(job: Job, end: End): Promise<Response> {
  switch (end.kind) {
    case 'answered': {
      const { answer, keep } = end
      const held = await change(job, { kind: 'complete', answer: answer.stored, keep }, 'completed')
      return held.kind === 'fenced' ? fenced(job, held, answer) : answer.response
    }
    case 'nothing-happened': {
      const held = await change(job, { kind: 'release' }, 'released')
      if (held.kind === 'fenced') return job.tell(held.record)
      if (!isNotExecuted(end.error)) throw end.error
      const headers = retryAfter(job.settings.retryAfter)
      return end.error.response ?? respond(problem('nothing-happened', { headers }))
    }
    case 'threw':
      job.onError(end.error)
      return lost(job, 'the handler threw')
    default:
      return end satisfies never
  }
}

/** It may have half happened: the key is kept, and not executed again on a guess. */
async function lost(job: Job, reason: string): Promise<Response> {
  const held = await change(job, { kind: 'lose', reason }, 'outcome-unknown')
  return held.kind === 'fenced' ? job.tell(held.record) : respond(problem('outcome-unknown'))
}

/** What the handler did is not undone by a store that fails: the answer goes out, the record follows. */
async function change(job: Job, event: KeyEvent, type: KeyNotice['type']): Promise<Held> {
  const held = await job.holder.change(event)
  if (held.kind === 'fenced') {
    job.notify('fenced')
    return held
  }
  job.notify(type)
  if (held.kind === 'unwritten') {
    job.notify('store-failed')
    job.keepAlive(job.holder.mend(held).then(mended => mended && job.notify('mended')))
  }
  return held
}

/** Another run or a person settled the key meanwhile: what is stored speaks, but never against a success. */
function fenced(job: Job, { record }: Held, answer: HandlerAnswer): Response {
  if (outcomeOfStatus(answer.stored.status) !== 'executed') return job.tell(record)
  if (record?.state === 'failed') {
    job.notify('late-success')
    return answer.response
  }
  const isSettled = record?.state === 'succeeded' && record.answer !== undefined
  return isSettled ? replay(record.answer) : job.tell(record)
}

/** The promise's value, or `late` when the time is up first. */
function within<Value>(runtime: ServerRuntime, ms: number, work: Promise<Value>): Promise<Value | 'late'> {
  return new Promise((resolve, reject) => {
    const cancel = runtime.after(ms, () => resolve('late'))
    work.then(resolve, reject).finally(cancel)
  })
}
