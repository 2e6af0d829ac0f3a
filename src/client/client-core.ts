import { called } from '../guards/callback.ts'
import type { ask } from '../engine/ask/ask.ts'
import type { Engine } from '../engine/engine.ts'
import { emitter } from '../engine/engine.ts'
import { listenerErrors } from '../guards/listeners.ts'
import type { Runtime } from '../runtime/runtime.ts'
import type { ClientOptions } from './options.ts'
import { accountText, resolveClientOptions, scopeText } from './options.ts'
import type { LiveRun } from './live-run.ts'
import type { retargeting } from './retargeting.ts'
import type { Settled } from './settled.ts'
import type { Part } from '../runtime/part.ts'
import type { Transport } from '../public/transport.ts'

/** The part that looks after what is stored, as far as runs need it: when they ask, and after a conflict. */
export type StoredPart = Pick<
  Part<{ readonly ask: typeof ask; readonly retargeting: typeof retargeting }>,
  'now' | 'load'
>

/** What a client's scopes share: one runner, and the table of the runs that are live in this process. */
export class ClientCore {
  readonly options: ClientOptions
  readonly engine: Engine
  readonly stored: StoredPart
  /** By which operation each is about. */
  readonly live = new Map<string, LiveRun<unknown>>()
  /** Calls that wait for the part that performs them. */
  readonly late = new Set<{ readonly settled: Promise<Settled> }>()
  #closed = false

  constructor(
    options: ClientOptions,
    transportOption: string,
    createTransport: () => Transport,
    runtime: Runtime,
    stored: StoredPart,
  ) {
    const settings = resolveClientOptions(options, transportOption)
    this.options = options
    this.stored = stored
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
    return this.live.get(liveKey)
  }

  /** Stops all runs as an abort does, waits for what is in the air, and frees the claims. */
  async close(): Promise<void> {
    this.#closed = true
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
