import { AnsweredError } from '../answer/answered-error.ts'
import type { ServerAnswer } from '../answer/answer.ts'
import { isOwnAnswer } from '../answer/answer.ts'
import type { Execution } from '../execution.ts'
import { isOperationError } from '../../public/errors.ts'
import { fetchRequestOf } from './fetch-request.ts'
import type { HandleOptions } from '../handle-options.ts'
import { checkAdapted } from '../handle-options.ts'
import type { Idempotency } from '../idempotency.ts'
import { plainHandleOf, plainServeOf } from '../plain-handle.ts'
import type { NodeRequest } from './node-request.ts'
import { askedBehindParser } from './node-payload.ts'
import type { Captured, NodeResponse } from './node-response.ts'
import { captureAnswer, Once, writeAnswer } from './node-response.ts'
import { isNotExecuted } from '../answer/not-executed.ts'
import { reportEarlyError, reportRunError } from '../error-reports.ts'
import { markAtWork, refuseTwice } from './once-per-request.ts'
import { outcomeOfStatus } from '../core/key-state.ts'

/**
 * A listener for `node:http` and Express from a Fetch-style handler, which gets Node's request as its second
 * argument. An error is answered with a bare 500 and passed to `onError`; without `onError`, a `configuration` error
 * becomes a warning of the process. Behind a parser the Request holds the JSON, text or bytes that were parsed.
 * Reading a body that cannot be restored (a form, an upload) is a `configuration` error.
 *
 * @example
 * createServer(nodeListener(once.wrap(async (_, { input }) => Response.json(await place(input)), { parse: 'json' })))
 */
export function nodeListener<Incoming extends NodeRequest | undefined>(
  serve: (request: Request, incoming: Incoming) => Response | Promise<Response>,
  { onError }: { readonly onError?: ((error: unknown) => void) | undefined } = {},
): (request: NonNullable<Incoming>, response: NodeResponse) => void {
  const answerOf: (request: Request, incoming: Incoming) => ServerAnswer | Promise<ServerAnswer> =
    plainServeOf(serve) ?? serve
  const answer = async (request: NonNullable<Incoming>, response: NodeResponse) => {
    let leave = () => {}
    try {
      const left = new AbortController()
      response.once('close', () => left.abort(new DOMException('The client left.', 'AbortError')))
      const { request: webRequest, cancel } = fetchRequestOf(request, request.body, left.signal)
      leave = cancel
      await writeAnswer(response, await answerOf(webRequest, request))
    } catch (error) {
      if (onError !== undefined) onError(error)
      else if (isOperationError(error) && error.code === 'configuration') warn(error)
      if (!response.headersSent) await writeAnswer(response, new Response(null, { status: 500 }))
    }
    leave()
  }
  return (request, response) => void answer(request, response)
}

/** Reports a mistake of the owner that nobody else would report. */
function warn(error: Error): void {
  const { process } = globalThis as {
    readonly process?: { emitWarning?: (warning: string, name: string) => void }
  }
  process?.emitWarning?.(error.message, 'StillonceConfigurationWarning')
}

/** The options of one handler behind an adapter. */
export type AdapterOptions<Incoming, Input = unknown> = Omit<
  HandleOptions<unknown, Input>,
  'context' | 'payload'
> & {
  /**
   * Returns what must not change under a key, for bodies that are read where this package cannot see them: data,
   * text, bytes, a file's hash. Default: the whole body.
   */
  readonly payload?: ((request: Incoming) => unknown) | undefined
}

/** The third argument of a handler for Express: Express's `next`, with the properties of the execution. */
export type ExpressStep<Input = unknown> = ((error?: unknown) => void) & Execution<Input>

/**
 * A handler for Express, or for any framework with Node's requests and responses, whose effects happen once for a
 * key. Put body parsers and validation before it: a request that fails there claims no key. The handler's answer is
 * held until it is recorded. If the handler throws, or passes an error to `next`, the framework's own error handling
 * answers the client, and the key's outcome is unknown, unless `nothingHappened` states that nothing happened. An
 * error after the answer changes nothing; `onError` and the framework get it. Without a `next`, in a bare
 * `createServer`, `onError` gets all errors and this package answers them itself. The outcome is also unknown if the
 * handler goes on by `next()` and a later handler answers 4xx, because that handler may have thrown.
 *
 * @example
 * app.post('/orders', express.json(), idempotent(once, async (req, res) => {
 *   res.status(201).json(await placeOrder(req.body))
 * }))
 */
export function idempotent<Incoming extends NodeRequest, Outgoing extends NodeResponse, Input = unknown>(
  idempotency: Idempotency<Incoming>,
  handler: (request: Incoming, response: Outgoing, step: ExpressStep<Input>) => unknown,
  given: AdapterOptions<Incoming, Input> = {},
): (request: Incoming, response: Outgoing, next: (error?: unknown) => void) => void {
  checkAdapted(idempotency, handler, given)
  const { payload, ...options } = given
  const answerOnce = async (request: Incoming, response: Outgoing, givenNext?: Next) => {
    // Without a framework nobody else answers errors, so this package does.
    const isAlone = typeof givenNext !== 'function'
    const next = isAlone ? lastHandler(idempotency, response) : givenNext
    const out = new Once<void>()
    response.once('close', () => out.tell())
    try {
      refuseTwice(idempotency, request)
      // Awaited even if it is known already, because the caller of `next` may go on with the request in the same
      // turn.
      const asked = await askedBehindParser(request, request, {
        payload: payload && (() => payload(request)),
        filesInBody: false,
        isStripped: false,
      })
      const captured = captureAnswer(response)
      const run = (step: ExpressStep<Input>) => handler(request, response, step)
      const answerOf = (execution: Execution<Input>) => {
        const late = (error: unknown) => {
          reportRunError(execution, error)
          // The framework gets the error as always, and can no longer cut the answer off.
          if (!isAlone) out.hear(() => queueMicrotask(() => next(asError(error))))
        }
        const ended = execution.key === undefined ? undefined : markAtWork(idempotency, request)
        return answerOfRun(captured, run, { execution, next, isAlone, late, ended })
      }
      const call = { ...options, context: request }
      if (isAlone) call.rethrow ??= false
      let answer: ServerAnswer
      try {
        const handle = plainHandleOf(idempotency)
        answer = await handle<Input>(asked, (_, execution) => answerOf(execution as Execution<Input>), call)
      } finally {
        captured.release()
      }
      if (isOwnAnswer(answer)) for (const name of captured.removed()) response.removeHeader(name)
      const writing = writeAnswer(response, answer)
      if (writing !== undefined) await writing
    } catch (error) {
      next(asError(error))
    }
  }
  return (request, response, next) => void answerOnce(request, response, next)
}

type Next = (error?: unknown) => void

/** Answers like Express's own last handler. The owner gets errors that no run has reported. */
function lastHandler(idempotency: object, response: NodeResponse): Next {
  return error => {
    if (error !== undefined) reportEarlyError(idempotency, error)
    response.statusCode = error === undefined ? 404 : 500
    response.end()
  }
}

/** The handler's answer, or the framework's response to its error. */
async function answerOfRun<Input>(
  captured: Captured,
  run: (step: ExpressStep<Input>) => unknown,
  {
    execution,
    next,
    isAlone,
    late,
    ended,
  }: {
    readonly execution: Execution<Input>
    readonly next: Next
    readonly isAlone: boolean
    /** Receives an error that comes after the answer, and that does not change the answer. */
    readonly late: (error: unknown) => void
    /** Called when the exchange is over. */
    readonly ended: (() => void) | undefined
  },
): Promise<ServerAnswer> {
  let isLeft = false
  const goOn = (way?: unknown) => {
    isLeft = true
    next(way)
  }
  try {
    const answer = await firstEnd(run, { execution, goOn, captured, late })
    if (isLeft && outcomeOfStatus(answer.status) === 'not-executed')
      throw new AnsweredError(refusedLater(answer.status), answer)
    return answer
  } catch (error) {
    // If the time is up, the client was already answered that the outcome is unknown.
    if (isNotExecuted(error) || error instanceof AnsweredError || captured.isReleased() || isAlone)
      throw error
    captured.restart()
    next(error)
    throw new AnsweredError(error, await captured.answer)
  } finally {
    ended?.()
  }
}

/** Express itself handles the errors of later handlers, so whether they refused or threw cannot be seen here. */
function refusedLater(status: number): Error {
  return new Error(
    `A handler after the idempotent one answered ${status}. Whether it refused or threw half way is not seen, so the ` +
      `key's outcome is unknown: wrap the handler that does the work, and put what refuses before it.`,
  )
}

/** The handler's answer, unless the handler first throws, passes an error to `next`, or exceeds its time. */
function firstEnd<Input>(
  run: (step: ExpressStep<Input>) => unknown,
  {
    execution,
    goOn,
    captured,
    late,
  }: {
    readonly execution: Execution<Input>
    readonly goOn: (way?: unknown) => void
    readonly captured: Captured
    readonly late: (error: unknown) => void
  },
): Promise<ServerAnswer> {
  return new Promise((resolve, reject) => {
    let hasFailed = false
    const fail = (error: unknown) => {
      if (hasFailed) return
      hasFailed = true
      // An answer that was given counts more than a later error.
      if (captured.isAnswered()) late(error)
      else reject(error)
    }
    let isBeginning = true
    // A handler that fails and answers in its first turn has answered.
    const failed = (error: unknown) => (isBeginning ? queueMicrotask(() => fail(error)) : fail(error))
    const step = (error?: unknown) => (goesOn(error) ? goOn(error) : failed(error))
    // A handler that answered in time needs no error, and creating one costs a stack trace.
    const worked = () => captured.onRelease(() => captured.isAnswered() || fail(timeIsUp()))
    captured.onAnswer(resolve)
    try {
      const given = run(stepOf(step, execution)) as PromiseLike<unknown> | null | undefined
      if (typeof given?.then === 'function') given.then(worked, (error: unknown) => fail(asError(error)))
      else worked()
    } catch (error) {
      failed(asError(error))
    }
    isBeginning = false
  })
}

/**
 * Express's `next` with the execution's properties, copied one by one, because `Object.assign` would also read the
 * signal.
 */
function stepOf<Input>(next: (error?: unknown) => void, execution: Execution<Input>): ExpressStep<Input> {
  const step = next as {
    -readonly [Name in keyof ExpressStep<Input>]: ExpressStep<Input>[Name]
  } & typeof next
  step.key = execution.key
  step.scope = execution.scope
  step.input = execution.input
  step.fence = execution.fence
  step.resumed = execution.resumed
  step.deriveKey = execution.deriveKey
  step.holds = execution.holds
  step.completeWithin = execution.completeWithin
  const signal = { configurable: true, enumerable: true, get: () => execution.signal }
  return Object.defineProperty(step, 'signal', signal)
}

function timeIsUp(): Error {
  return new Error('The handler went on after its time was up: what it answered is not known.')
}

/** Arguments of Express's `next` that are not errors: to the next handler, past this route, or out of its router. */
function goesOn(error: unknown): boolean {
  return !error || error === 'route' || error === 'router'
}

/**
 * Like Express 5, which replaces an empty rejection by an error: without one, `next` would go on to another handler.
 */
function asError(error: unknown): unknown {
  return goesOn(error) ? new Error('Rejected promise') : error
}
