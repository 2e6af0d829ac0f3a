import { valueSetterOf } from '../runtime/value-store.ts'
import type { ServerAnswer } from './answer/answer.ts'
import { responseOfAnswer } from './answer/answer.ts'
import { answerGiven, nameKey, respond } from './answer/answers.ts'
import type { KeyConclusion } from './by-hand.ts'
import { byHand } from './by-hand.ts'
import { keyOfPlace } from './core/key-header.ts'
import { problem } from './core/problem.ts'
import type { KeyNotice } from './events.ts'
import type { Execution, Handler, PlainHandler } from './execution.ts'
import type { HandleOptions } from './handle-options.ts'
import { checkHandling } from './handle-options.ts'
import { answersPlainly, servesPlainly } from './plain-handle.ts'
import type { AskedRequest } from './request/asked.ts'
import { askedOf } from './request/asked.ts'
import type { RefusedRequest } from './request/incoming.ts'
import { checkedScope, readIncoming } from './request/incoming.ts'
import type { ServerRuntime } from './server-runtime.ts'
import { serverRuntime } from './server-runtime.ts'
import { KeyStore } from './keys/key-store.ts'
import { lookedAtStore } from './keys/looked-at-store.ts'
import { notifyListener } from './listeners.ts'
import { OpenBounds } from './keys/open-bounds.ts'
import type { KeyCounts, UnresolvedKey } from './keys/open-keys.ts'
import { countKeys, unresolvedKeys } from './keys/open-keys.ts'
import type { IdempotencyOptions } from './options.ts'
import { resolveOptions } from './options.ts'
import { answerOfParse, parseInput } from './request/parse-input.ts'
import type { RunEnd, RunOptions, Serve, Work } from './run-once.ts'
import { answerOfValue, runOnce } from './run-once.ts'
import type { Admission } from './serve.ts'
import { admit, cannotRead, execute, known } from './serve.ts'
import { Service } from './serving.ts'
import { reportEarlyErrorsTo } from './error-reports.ts'
import { handleUnkeyed, handleUnprotected } from './unkeyed.ts'

/** `Context`: the second argument of `scope`, after the Request. */
export type Idempotency<Context = unknown> = {
  /** Performs a request at most once for its key, and returns the answer, the first time and on every repeat. */
  readonly handle: <Input = unknown>(
    request: Request,
    handler: Handler<Input>,
    options?: HandleOptions<Context, Input>,
  ) => Promise<Response>
  /** Makes a handler of (request, context) that does the same. */
  readonly wrap: <Input = unknown>(
    handler: Handler<Input>,
    options?: HandleOptions<Context, Input>,
  ) => (request: Request, context?: Context) => Promise<Response>
  /**
   * Does some work at most once for its key, and returns its value as JSON, the first time and on every repeat. For
   * work that is not an HTTP request: a server action, a job of a queue, a message. Rejects with an IdempotencyError
   * whose `code` is that of the problem: `in-progress` with `retryAfter`, `payload-mismatch`, `outcome-unknown` if
   * the work threw (its error is the `cause`), `nothing-happened` if the work threw NotExecuted, and the rest.
   *
   * @example
   * await once.run(`capture:${message.id}`, { scope: 'billing', payload: message.body }, () => capture(message.body))
   */
  readonly run: <Value>(key: string, call: RunOptions, work: Work<Value>) => Promise<RunEnd<Value>>
  /** Answers a GET of the key's own URL: what happened to the key. */
  readonly status: (request: Request, context?: Context) => Promise<Response>
  /**
   * Answers a DELETE of the key's own URL. A key that was never seen is refused from then on, for as long as keys are
   * remembered (`retention`). For any other key the answer is what happened to it.
   */
  readonly seal: (request: Request, context?: Context) => Promise<Response>
  /**
   * Settles a key whose outcome is unknown. Rejects with an OperationError, and changes nothing, if the key is
   * settled with the other outcome (`conflict`), is being executed (`still-processing`), or has a record that cannot
   * be understood (`store-corrupt`, unless `force` permits replacing it). `store-failed` means that the store did not
   * accept the conclusion: conclude again then.
   */
  readonly conclude: (key: string, conclusion: KeyConclusion) => Promise<void>
  /**
   * The keys whose outcome is unknown, in one scope or in all scopes, oldest first, read page by page as the caller
   * iterates.
   */
  readonly unresolved: (scope?: string) => AsyncIterable<UnresolvedKey>
  /** How many keys are being executed, and how many wait to be concluded, in one scope or in all scopes. */
  readonly counts: (scope?: string) => Promise<KeyCounts>
  /**
   * Makes the store's memory begin now. A key that was first sent earlier, and for which nothing is stored, is then
   * answered with `key-expired`: nobody knows its outcome. Use this for a store whose own record `ss1-memory` is
   * damaged, and after a restore that the store cannot detect by itself. Other processes follow within a minute.
   * Rejects if the store does.
   */
  readonly rememberFromNow: () => Promise<void>
  /** Resolves when no work is running any more, including work that goes on after its answer. For a shutdown. */
  readonly idle: () => Promise<void>
}

/** RFC 9110 9.2.1: these methods change nothing, so they need no key. */
const SAFE = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])

export function buildIdempotency<Context = unknown>(
  options: IdempotencyOptions<Context>,
  runtimeOf: () => ServerRuntime,
): Idempotency<Context> {
  const settings = resolveOptions(options)
  let atWork = 0
  let idleOnes: (() => void)[] = []
  const waiting = new Map<string, Set<() => void>>()
  let claims = 0
  // The listener stays for the lifetime of the store.
  settings.store.onDrop?.(place => {
    const told = keyOfPlace(place)
    if (told !== undefined) notifier(told.scope, told.key)('dropped')
  })

  // Workers have no random numbers and no clock before their first request.
  let made:
    | { readonly runtime: ServerRuntime; readonly store: KeyStore; readonly bounds: OpenBounds }
    | undefined
  const parts = () => {
    if (made !== undefined) return made
    const runtime = runtimeOf()
    // A store that keeps values runs in this process and answers at once, so nobody has to watch how long it takes.
    const lookedAt =
      valueSetterOf(settings.store) === undefined
        ? lookedAtStore(settings.store, runtime, settings.lease)
        : settings.store
    const store = new KeyStore(lookedAt, runtime, settings.retention, settings.store)
    const notify = (scope: string, key: string, type: KeyNotice['type']) => notifier(scope, key)(type)
    const { maxOpen, retention: retentionMs } = settings
    made = { runtime, store, bounds: new OpenBounds(store, runtime, { maxOpen, retentionMs, notify }) }
    return made
  }
  void beginToRemember(parts)
  const newOwner = (runtime: ServerRuntime) => `${runtime.runnerId}.${(claims += 1)}`
  const errorsOf = (scope: string, key: string) => (error: unknown) =>
    notifyListener(() => settings.onError?.(error, { key, scope }))
  const notifier = (scope: string, key: string) => (type: KeyNotice['type'], beganAt?: number) => {
    if (settings.onEvent === undefined) return
    const at = parts().runtime.now()
    const took = beganAt !== undefined && { durationMs: Math.max(0, at - beganAt) }
    notifyListener(() => settings.onEvent?.({ type, scope, key, at, ...took }), errorsOf(scope, key))
  }

  /** A mistake of the server's owner is reported to the owner, and never to the client. */
  const refuse = ({ told, mistake, key = '' }: RefusedRequest): ServerAnswer => {
    if (mistake !== undefined) notifyListener(() => settings.onError?.(mistake, { key, scope: undefined }))
    return respond(told)
  }

  const ended = () => {
    atWork -= 1
    if (atWork > 0) return
    for (const resolve of idleOnes) resolve()
    idleOnes = []
  }

  function keepAlive(
    work: Promise<unknown>,
    waitUntil: HandleOptions['waitUntil'],
    onError: (error: unknown) => void,
    onEnd?: () => void,
  ): void {
    const end =
      onEnd === undefined
        ? ended
        : () => {
            onEnd()
            ended()
          }
    const kept: Promise<void> = work.then(end, end)
    atWork += 1
    if (waitUntil !== undefined) notifyListener(() => waitUntil(kept), onError)
  }

  /** Looks again at the end of the work, because that may have begun other work. */
  async function idle(): Promise<void> {
    if (atWork === 0) return
    await new Promise<void>(resolve => {
      idleOnes.push(resolve)
    })
    await idle()
  }

  async function handle<Input>(
    request: Request,
    handler: Handler<Input>,
    call?: HandleOptions<Context, Input>,
  ): Promise<Response> {
    checkHandling(handler, call)
    return responseOfAnswer(await handleRequest(request, handler, call))
  }

  function handleRequest<Input>(
    request: Request,
    handler: Handler<Input>,
    call?: HandleOptions<Context, Input>,
  ): Promise<ServerAnswer> {
    const run: PlainHandler = (_, execution) => (handler as Handler)(request, execution)
    return handlePlainly(askedOf(request), run, call)
  }

  async function handlePlainly<Input>(
    asked: AskedRequest,
    handler: PlainHandler,
    call: HandleOptions<Context, Input> = {},
  ): Promise<ServerAnswer> {
    const { runtime, store, bounds } = parts()
    if (SAFE.has(asked.method)) return handleUnprotected(asked, handler, { runtime, settings })
    const parse = call.parse ?? settings.parse
    const reading = await readIncoming(asked, call, settings, runtime)
    if (reading.kind === 'refused') return nameKey(refuse(reading), reading.key, asked.headers)
    if (reading.kind === 'unkeyed')
      return settings.required
        ? respond(problem('key-missing'))
        : handleUnkeyed(asked, handler, { parse, runtime, settings })
    const { incoming, bytes } = reading
    const { scope, key } = incoming
    const notify = notifier(scope, key)
    const onError = errorsOf(scope, key)
    const parsing = parseInput(parse, asked, bytes)
    const parsed = parsing instanceof Promise ? await parsing : parsing
    const service = new Service({
      run: (execution: Execution) => handler(asked, execution),
      completionOf: answerGiven,
      location: () => settings.location(key, asked.request()),
      incoming,
      input: parsed.kind === 'input' ? parsed.input : undefined,
      resumable: call.resumable ?? settings.resumable,
      rethrow: call.rethrow ?? settings.rethrow,
      settings,
      runtime,
      store,
      owner: newOwner(runtime),
      waiting,
      bounds,
      notify,
      onError,
      keepAlive: (work: Promise<unknown>, onEnd?: () => void) =>
        keepAlive(work, call.waitUntil, onError, onEnd),
    })
    if (parsed.kind === 'input') return nameKey(await answerOf(service), key, asked.headers)
    const told = await known(service).catch(error => cannotRead(error, service))
    return nameKey(told ?? answerOfParse(parsed, settings.retryAfter), key, asked.headers)
  }

  async function answerOf(service: Service): Promise<ServerAnswer> {
    let admission: Admission
    try {
      admission = await admit(service)
    } catch (error) {
      return cannotRead(error, service)
    }
    if (admission.kind === 'told') return admission.answer
    // Awaited here, because returning the promise itself would take three more turns.
    return await execute(service, admission.view, admission.takesOver)
  }

  // A request may be answered with a 202 for work that goes on, which is a success. `run` answers code, and code gets
  // an error.
  const runSettings = { ...settings, inProgress: 409 } as const

  const serveRun: Serve = (incoming, run, { resumable, wait, waitUntil }) => {
    const { runtime, store, bounds } = parts()
    const onError = errorsOf(incoming.scope, incoming.key)
    return answerOf(
      new Service({
        run,
        completionOf: answerOfValue,
        location: noLocation,
        incoming,
        input: undefined,
        // What the work throws becomes the cause of the error that `run` rejects with.
        rethrow: false,
        resumable: resumable ?? settings.resumable,
        settings: wait === undefined ? runSettings : { ...runSettings, wait },
        runtime,
        store,
        owner: newOwner(runtime),
        waiting,
        bounds,
        notify: notifier(incoming.scope, incoming.key),
        onError,
        keepAlive: (kept: Promise<unknown>, onEnd?: () => void) => keepAlive(kept, waitUntil, onError, onEnd),
      }),
    )
  }

  const idempotency: Idempotency<Context> = {
    handle,
    wrap: (handler, call) => {
      checkHandling(handler, call)
      const callOf = (context: Context | undefined) => (context === undefined ? call : { ...call, context })
      return servesPlainly(
        (request: Request, context?: Context) => handle(request, handler, callOf(context)),
        (request, context) => handleRequest(request, handler, callOf(context as Context | undefined)),
      )
    },
    run: (key, call, work) =>
      runOnce(key, call, work, { settings, runtime: () => parts().runtime, serve: serveRun }),
    ...byHand({ settings, parts, newOwner, notifier, errorsOf, refuse }),
    unresolved: scope => {
      const { runtime, store } = parts()
      return unresolvedKeys(store, scope === undefined ? scope : checkedScope(scope), runtime.now)
    },
    counts: async scope => {
      const { runtime, store } = parts()
      return countKeys(store, scope === undefined ? scope : checkedScope(scope), runtime.now)
    },
    rememberFromNow: () => parts().store.memory.beginAnew(),
    idle,
  }
  answersPlainly(idempotency, handlePlainly)
  return reportEarlyErrorsTo(idempotency, error =>
    notifyListener(() => settings.onError?.(error, { key: '', scope: undefined })),
  )
}

function noLocation(): undefined {
  return undefined
}

/**
 * The server's half of "it must not happen twice": claims each key once, performs the request, and repeats the first
 * answer. Throws an OperationError with code `configuration` that names the wrong option.
 *
 * @example
 * const once = createIdempotency({ store, scope: async request => (await sessionOf(request)).userId })
 * export const POST = once.wrap(async (_, { input }) => Response.json(await placeOrder(input)), { parse: 'json' })
 */
export function createIdempotency<Context = unknown>(
  options: IdempotencyOptions<Context>,
): Idempotency<Context> {
  return buildIdempotency(options, serverRuntime)
}

/**
 * The memory begins when the server starts. If it began with the first request, that request would count as sent
 * before the memory. If the store does not answer now, the first request tries again. Workers have neither a clock
 * (it returns 0) nor input and output before their first request.
 */
async function beginToRemember(
  parts: () => { readonly runtime: ServerRuntime; readonly store: KeyStore },
): Promise<void> {
  await Promise.resolve()
  try {
    const { runtime, store } = parts()
    if (runtime.now() > 0) await store.memory.current()
  } catch {
    // The request that meets the problem reports it.
  }
}
