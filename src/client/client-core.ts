import { called } from '../guards/callback.ts'
import type { ask } from '../engine/ask/ask.ts'
import type { Engine } from '../engine/engine.ts'
import { emitter, tracer } from '../engine/engine.ts'
import { scopeOfKey } from '../core/names/identity.ts'
import { listenerErrors } from '../guards/listeners.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { ClientOptions } from './options.ts'
import { accountText, resolveClientOptions, scopeText } from './options.ts'
import type { Plan } from '../engine/plan.ts'
import type { StandardSchema } from '../public/standard-schema.ts'
import type { CreateTransport } from './scoped-engines.ts'
import type { ScopedEngines, scopedEngines } from './scoped-engines.ts'
import type { Transport } from '../public/transport.ts'
import type { LiveRun } from './live-run.ts'
import type { retargeting } from './retargeting.ts'
import type { Settled } from './settled.ts'
import type { Part } from '../runtime/part.ts'

/** The code for stored operations, as far as runs need it: for asking, and after a conflict. */
export type StoredPart = Pick<
  Part<{ readonly ask: typeof ask; readonly retargeting: typeof retargeting }>,
  'now' | 'load'
>

/** The code that performs runs, as far as scopes with their own http layer need it. */
type PerformingPart = Pick<Part<{ readonly scopedEngines: typeof scopedEngines }>, 'now'>

/** A checked definition of an operation. */
export type Defined = {
  readonly definition: object
  readonly plan: Plan
  readonly schema: StandardSchema | undefined
}

/** The watches of a client, as far as runs and listings need them. */
export interface WatchingPart {
  /** Called when a run has let go of its operation. */
  runOver(liveKey: string, run: LiveRun<unknown>): void
  /** When the operation is looked at next, epoch ms; undefined if nobody watches it. */
  nextLookAt(liveKey: string): number | undefined
  /** Ends all watches. */
  close(): void
}

const nowhere = (): never => {
  throw new Error('each scope has an http layer of its own')
}
const NO_TRANSPORT: Transport = { resolveUrl: nowhere, send: nowhere, innermostFetch: nowhere }

/** What all scopes of a client share: one runner, and the table of live runs in this process. */
export class ClientCore {
  readonly options: ClientOptions
  readonly engine: Engine
  readonly stored: StoredPart
  /** The live runs, by the `liveKey` of their operation. */
  readonly live = new Map<string, LiveRun<unknown>>()
  /** Set once somebody watches. */
  watching: WatchingPart | undefined
  /** Calls that wait for the code that performs them. */
  readonly late = new Set<{ readonly settled: Promise<Settled> }>()
  /** Functions to call when the client closes. */
  readonly atClose = new Set<() => void>()
  /** Definitions by name. They belong to the client, whichever scope they were made in. */
  readonly definitions = new Map<string, Defined>()
  readonly #performing: PerformingPart
  readonly #makeTransport: ((scope: string) => Transport) | undefined
  #engines: ScopedEngines | undefined
  #closed = false

  constructor(
    options: ClientOptions,
    transportOption: string,
    createTransport: CreateTransport,
    runtime: Runtime,
    stored: StoredPart,
    performing: PerformingPart,
  ) {
    const settings = resolveClientOptions(options, transportOption)
    this.options = options
    this.stored = stored
    this.#performing = performing
    let writes = 0
    const transport = createTransport()
    const isScoped = typeof transport === 'function'
    const listenerFailed = listenerErrors(options.onListenerError)
    this.engine = {
      runtime,
      store: options.store,
      transport: isScoped ? NO_TRANSPORT : transport,
      settings,
      writer: {
        get runner() {
          return runtime.runnerId
        },
        nextWrite: () => ++writes,
      },
      account: scope => this.account(scope),
      traceId: tracer(options.traceId, listenerFailed),
      trace: options.trace,
      emit: emitter(runtime, options.onEvent, listenerFailed),
      listenerFailed,
    }
    if (isScoped) this.#makeTransport = transport
    options.store.onDrop?.(key => {
      this.engine.emit(
        { name: '', operationId: key, scope: scopeOfKey(key), key: undefined },
        { type: 'fact-dropped' },
      )
    })
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** The scope of calls that do not name one. */
  currentScope(): string {
    const { scope } = this.options
    return scopeText(typeof scope === 'function' ? called(scope, 'scope') : scope)
  }

  account(scope: string): string {
    const { account } = this.options
    return accountText(
      typeof account === 'function' ? called(() => account(scope), 'account') : (account ?? ''),
    )
  }

  /**
   * The engine with the http layer of this scope, so that one user's request is never sent with another user's
   * credential.
   */
  engineOf(scope: string): Engine {
    const make = this.#makeTransport
    if (make === undefined) return this.engine
    this.#engines ??= this.#performing.now?.scopedEngines(this.engine, make)
    return this.#engines?.of(scope) ?? { ...this.engine, transport: make(scope) }
  }

  liveRun(liveKey: string): LiveRun<unknown> | undefined {
    return this.live.get(liveKey)
  }

  /** Stops all runs as an abort does, waits for requests that are under way, and frees the claims. */
  async close(): Promise<void> {
    this.#closed = true
    this.watching?.close()
    for (const end of this.atClose) end()
    const runs = [...this.live.values()]
    for (const run of runs) run.stop('closed')
    // Waits for `settled`, not for `released`: a store that never answers must not hold this call for ever.
    await Promise.all([...runs, ...this.late].map(run => run.settled))
  }

  stopRuns(scope: string, request: 'forgotten'): void {
    for (const run of this.live.values()) {
      if (run.scope === scope) run.stop(request)
    }
  }
}
