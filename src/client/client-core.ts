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

/** The part that looks after what is stored, as far as runs need it: when they ask, and after a conflict. */
export type StoredPart = Pick<
  Part<{ readonly ask: typeof ask; readonly retargeting: typeof retargeting }>,
  'now' | 'load'
>

/** The part that performs, as far as scopes with http layers of their own need it. */
type PerformingPart = Pick<Part<{ readonly scopedEngines: typeof scopedEngines }>, 'now'>

/** An operation's definition, checked. */
export type Defined = {
  readonly definition: object
  readonly plan: Plan
  readonly schema: StandardSchema | undefined
}

/** What goes on finding out, as far as runs and listings know of it. */
export interface WatchingPart {
  /** A run has let go of its operation. */
  runOver(liveKey: string, run: LiveRun<unknown>): void
  /** When the operation is looked at next, epoch ms; undefined where nobody watches it. */
  nextLookAt(liveKey: string): number | undefined
  /** Ends all watches. */
  close(): void
}

const nowhere = (): never => {
  throw new Error('each scope has an http layer of its own')
}
const NO_TRANSPORT: Transport = { resolveUrl: nowhere, send: nowhere, innermostFetch: nowhere }

/** What a client's scopes share: one runner, and the table of the runs that are live in this process. */
export class ClientCore {
  readonly options: ClientOptions
  readonly engine: Engine
  readonly stored: StoredPart
  /** By which operation each is about. */
  readonly live = new Map<string, LiveRun<unknown>>()
  /** What goes on finding out, once somebody watches. */
  watching: WatchingPart | undefined
  /** Calls that wait for the part that performs them. */
  readonly late = new Set<{ readonly settled: Promise<Settled> }>()
  /** What ends with the client. */
  readonly atClose = new Set<() => void>()
  /** By name: they belong to the client, whoever's scope they were made in. */
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

  /** Whose operations a call without its own scope is about. */
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

  /** The engine with the http layer of this scope: what is one user's is never sent with another's credential. */
  engineOf(scope: string): Engine {
    const make = this.#makeTransport
    if (make === undefined) return this.engine
    this.#engines ??= this.#performing.now?.scopedEngines(this.engine, make)
    return this.#engines?.of(scope) ?? { ...this.engine, transport: make(scope) }
  }

  liveRun(liveKey: string): LiveRun<unknown> | undefined {
    return this.live.get(liveKey)
  }

  /** Stops all runs as an abort does, waits for what is in the air, and frees the claims. */
  async close(): Promise<void> {
    this.#closed = true
    this.watching?.close()
    for (const end of this.atClose) end()
    const runs = [...this.live.values()]
    for (const run of runs) run.stop('closed')
    // Not `released`: a store that never comes back must not hold this for ever.
    await Promise.all([...runs, ...this.late].map(run => run.settled))
  }

  stopRuns(scope: string, request: 'forgotten'): void {
    for (const run of this.live.values()) {
      if (run.scope === scope) run.stop(request)
    }
  }
}
