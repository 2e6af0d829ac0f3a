import { definitionPath } from '../engine/plan.ts'
import { ClientCore } from './client-core.ts'
import { keepCore } from './client-inside.ts'
import type { OperationDefinition } from './definition.ts'
import { planOf } from './definition.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { configurationError } from '../public/errors.ts'
import type { Operation } from './operation.ts'
import { createOperation } from './operation.ts'
import type { ClientOptions } from './options.ts'
import { scopeText } from './options.ts'
import type { PendingOperation, Resumed } from './stored/pending.ts'
import { callOptions, requireFlag } from '../guards/option-checks.ts'
import { performing } from './performing-part.ts'
import { beginLoading, loadedStoredPart, storedPart, watchWhenLoaded } from './parts.ts'
import type { ResumeOptions, WhoseOptions } from './stored/call-arguments.ts'
import type { WhoseRecords } from './stored/whose.ts'
import type { Plan } from '../engine/plan.ts'
import type { StandardSchema } from '../public/standard-schema.ts'
import type { OperationContext } from './operation-context.ts'
import type { FetchOptions, GuardedFetch } from './sdk/fetch-options.ts'
import { fetchPlan, noRequest } from './sdk/fetch-options.ts'
import { lateFetch } from './sdk/late-fetch.ts'
import type { CreateTransport } from './scoped-engines.ts'

/** Operations of one application against one API. */
export interface Client {
  /** Registers how to perform one kind of operation. Throws a `configuration` error that names the mistake. */
  operation<Input, Output = unknown>(definition: OperationDefinition<Input, Output>): Operation<Input, Output>
  /**
   * Makes a fetch for an SDK: each request that changes something becomes an operation, and the SDK gets the server's
   * own response. The fetch rejects with an OperationError if the outcome is unknown; `operationErrorOf` finds that
   * error in the SDK's own errors.
   */
  fetch(options: FetchOptions): GuardedFetch
  /** Lists the open operations of this scope, or of all scopes, oldest first. */
  pending(options?: WhoseOptions): Promise<readonly PendingOperation[]>
  /**
   * Polls and asks for all open operations of this scope. With `send: true` it also sends requests that are stored
   * (`persist: 'request'`) and younger than `validFor`. Operations are skipped if their definition is not registered or
   * if another runner is working on them. With `scope: 'all'`, each operation is handled as by the client of its own
   * scope.
   */
  resume(options?: ResumeOptions & WhoseOptions): Promise<readonly Resumed[]>
  /**
   * Goes on finding out about the open operations of whoever is logged in, while the page is open or the process lives.
   * It polls and asks with pauses that grow to half a minute, and at once when somebody returns to the page or the
   * network is back. With `send: true` it also sends, as `resume` does. While a server is down, a single request probes
   * it for all operations. The events are the usual ones; `nextLookAt` of a snapshot is the time of the next look.
   * Returns a function that ends the watch. A watch does not keep the process alive.
   */
  watch(options?: ResumeOptions): () => void
  /**
   * Removes the settled records and all results of this scope, and reduces open records to key, target and times. With
   * `force` it also removes the open records and stops finding out about them.
   */
  clear(options?: { readonly force?: boolean | undefined }): Promise<void>
  /** The same client, with the same definitions, for another scope: for a service that acts for many users. */
  withScope(scope: string): Client
  /** Stops all runs as an abort does, waits for requests that are under way, and frees the claims. */
  close(): Promise<void>
}

/** Builds the client behind `createClient` of `stillonce` and `stillonce/core`. Tests pass a runtime of their own. */
export function buildClient(
  options: ClientOptions,
  transportOption: string,
  createTransport: CreateTransport,
  runtime: Runtime,
): Client {
  const core = new ClientCore(options, transportOption, createTransport, runtime, storedPart, performing)
  beginLoading()
  return new ScopedClient(core, undefined)
}

class ScopedClient implements Client {
  readonly #core: ClientCore
  readonly #fixedScope: string | undefined
  /** Names that were defined on this client. A definition of another scope's client may be given once more here. */
  readonly #own = new Set<string>()

  constructor(core: ClientCore, fixedScope: string | undefined) {
    this.#core = core
    keepCore(this, core)
    this.#fixedScope = fixedScope
  }

  operation<Input, Output>(definition: OperationDefinition<Input, Output>): Operation<Input, Output> {
    const plan = planOf(definition, this.#core.options)
    return createOperation(this.#defined(definition, plan, definition.response), definition)
  }

  fetch(options: FetchOptions): GuardedFetch {
    const plan = fetchPlan(options, this.#core.options)
    const context = this.#defined(options, plan, undefined)
    const operation = createOperation(context, { ...options, request: noRequest })
    return Object.assign(lateFetch(context, options), { byId: (id: string) => operation.byId(id) })
  }

  #defined(
    definition: Pick<FetchOptions, 'redefine'>,
    plan: Plan,
    schema: StandardSchema | undefined,
  ): OperationContext {
    const { definitions } = this.#core
    const { name } = plan
    const known = definitions.get(name)
    const isKnown = known?.definition === definition && !this.#own.has(name)
    if (known !== undefined && !isKnown && definition.redefine !== true) {
      throw configurationError(
        `${definitionPath(plan)}.name`,
        'is defined already: one definition per name in a client, given as the same object to each scope, or `redefine: true`',
      )
    }
    this.#own.add(name)
    definitions.set(name, { definition, plan, schema })
    return { core: this.#core, plan, schema, scopeNow: this.#scope }
  }

  async pending(options?: WhoseOptions): Promise<readonly PendingOperation[]> {
    const { scope } = callOptions(options, ['scope'], 'pending')
    const whose = this.#whose(scope, 'pending')
    return (await loadedStoredPart()).listPending(this.#core, whose)
  }

  async resume(options?: ResumeOptions & WhoseOptions): Promise<readonly Resumed[]> {
    const told = callOptions(options, ['send', 'signal', 'scope'], 'resume')
    requireFlag(told.send, 'resume.send')
    const whose = this.#whose(told.scope, 'resume')
    return (await loadedStoredPart()).resumeAll(this.#core, whose, told)
  }

  watch(options?: ResumeOptions): () => void {
    const told = callOptions(options, ['send', 'signal'], 'watch')
    requireFlag(told.send, 'watch.send')
    const core = this.#core
    return watchWhenLoaded(core.engine.runtime, part => part.watchScope(core, this.#scope, told))
  }

  async clear(options?: { readonly force?: boolean | undefined }): Promise<void> {
    const told = callOptions(options, ['force'], 'clear')
    requireFlag(told.force, 'clear.force')
    const scope = this.#scope()
    const part = await loadedStoredPart()
    await part.clearScope(this.#core, scope, told.force === true ? 'force' : 'settled-only')
    if (told.force === true) this.#core.stopRuns(scope, 'forgotten')
  }

  withScope(scope: string): Client {
    return new ScopedClient(this.#core, scopeText(scope))
  }

  async close(...options: readonly object[]): Promise<void> {
    callOptions(options[0], [], 'close')
    await this.#core.close()
  }

  readonly #scope = (): string => this.#fixedScope ?? this.#core.currentScope()

  #whose(scope: unknown, method: string): WhoseRecords {
    if (scope === undefined) return { scope: this.#scope(), scopeNow: this.#scope }
    if (scope === 'all') return scope
    throw configurationError(
      `${method}.scope`,
      "must be 'all', or left out: one scope's own is `withScope(scope)`",
    )
  }
}
