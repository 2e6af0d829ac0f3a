import { called } from '../guards/callback.ts'
import type { Asking } from '../engine/ask/asking.ts'
import type { Engine } from '../engine/engine.ts'
import { Cue } from '../runtime/cue.ts'
import { emitter } from '../engine/engine.ts'
import type { RunMode } from '../core/run/run-mode.ts'
import type { RunFacts } from '../engine/run/run-facts.ts'
import type { Identity } from '../engine/stored/journal.ts'
import { listenerErrors } from '../guards/listeners.ts'
import type { Plan } from '../engine/plan.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { pause } from '../runtime/runtime.ts'
import type { ClientOptions } from './options.ts'
import { accountText, resolveClientOptions, scopeText } from './options.ts'
import { performing } from './performing-part.ts'
import type { LiveRunInit } from './live-run-init.ts'
import { LiveRun } from './live-run.ts'
import type { StandardSchema } from '../public/standard-schema.ts'
import type { Transport } from '../public/transport.ts'

export type RunInit = {
  /** Which operation this is, in the table of live runs. */
  readonly liveKey: string
  readonly identity: Identity
  /** Where its record lies, where that is known. */
  readonly place: string | undefined
  readonly operationId: string
  readonly plan: Plan
  readonly schema: StandardSchema | undefined
  readonly mode: RunMode
  readonly scopeNow: () => string
} & Pick<LiveRunInit, 'prepare' | 'retarget'>

/** What a client's scopes share: one runner, and the table of the runs that are live in this process. */
export class ClientCore {
  readonly options: ClientOptions
  readonly engine: Engine
  readonly #asking: Asking
  readonly #live = new Map<string, LiveRun<unknown>>()
  #closed = false

  constructor(
    options: ClientOptions,
    transportOption: string,
    createTransport: () => Transport,
    runtime: Runtime,
    asking: Asking,
  ) {
    const settings = resolveClientOptions(options, transportOption)
    this.options = options
    this.#asking = asking
    let writes = 0
    const listenerFailed = listenerErrors(options.onListenerError)
    this.engine = {
      runtime,
      store: options.store,
      transport: createTransport(),
      settings,
      writer: {
        get runner() {
          return runtime.runnerId
        },
        nextWrite: () => ++writes,
      },
      account: () => this.account(),
      emit: emitter(runtime, options.onEvent, listenerFailed),
      listenerFailed,
    }
    options.store.onDrop?.(key => {
      this.engine.emit({ name: '', operationId: key, key: undefined }, { type: 'fact-dropped' })
    })
    // From now on it tells which requests of this process leave.
    performing.load().then(
      part => part.sendWatch(),
      () => {},
    )
  }

  get isClosed(): boolean {
    return this.#closed
  }

  /** Whose operations a call without its own scope is about. */
  currentScope(): string {
    const { scope } = this.options
    return scopeText(typeof scope === 'function' ? called(scope, 'scope') : scope)
  }

  account(): string {
    const { account } = this.options
    return accountText(typeof account === 'function' ? called(account, 'account') : (account ?? ''))
  }

  liveRun(liveKey: string): LiveRun<unknown> | undefined {
    return this.#live.get(liveKey)
  }

  /** Starts a run and puts it in the table, in the same tick. */
  startRun(init: RunInit): LiveRun<unknown> {
    const previous = this.#live.get(init.liveKey)
    const run = new LiveRun<unknown>({
      ...init,
      engine: this.engine,
      asking: this.#asking,
      openJournal: () => performing.loaded.openJournal(this.engine, this.engine.store, init),
      prepare:
        previous === undefined
          ? init.prepare
          : async x => {
              await this.awaitRelease(previous, x)
              return init.prepare(x)
            },
    })
    this.#live.set(init.liveKey, run)
    run.onRelease(() => {
      if (this.#live.get(init.liveKey) === run) this.#live.delete(init.liveKey)
    })
    if (this.#closed) run.stop('closed')
    return run
  }

  /** An aborting run cannot be joined: who comes next waits until it has let go, but not past its own deadline. */
  async awaitRelease(previous: LiveRun<unknown>, x: RunFacts): Promise<void> {
    const done = new Cue()
    void previous.released.then(() => done.fire())
    x.stopCue.on(() => done.fire())
    if (x.stopRequest !== undefined) done.fire()
    await pause(this.engine.runtime, Math.max(0, x.remainingMs), done)
  }

  /** Stops all runs as an abort does, waits for what is in the air, and frees the claims. */
  async close(): Promise<void> {
    this.#closed = true
    const runs = [...this.#live.values()]
    for (const run of runs) run.stop('closed')
    // Not `released`: a store that never comes back must not hold this for ever.
    await Promise.all(runs.map(run => run.settled))
  }

  stopRuns(scope: string, request: 'forgotten'): void {
    for (const run of this.#live.values()) {
      if (run.scope === scope) run.stop(request)
    }
  }
}
