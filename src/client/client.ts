import { ClientCore } from './client-core.ts'
import type { OperationDefinition } from './definition.ts'
import { planOf } from './definition.ts'
import type { Runtime } from '../runtime/runtime.ts'
import { configurationError } from '../public/errors.ts'
import type { Operation } from './operation.ts'
import { createOperation } from './operation.ts'
import type { OperationContext } from './operation-context.ts'
import type { ClientOptions } from './options.ts'
import { scopeText } from './options.ts'
import type { PendingOperation, Resumed } from './stored/pending.ts'
import { callOptions, requireFlag } from '../guards/option-checks.ts'
import { beginLoading, loadedStoredPart, storedPart } from './parts.ts'
import type { ResumeOptions } from './stored/call-arguments.ts'
import type { Transport } from '../public/transport.ts'

/** Operations of one application against one API. */
export interface Client {
  /** Registers how to perform a kind of operation. Throws a `configuration` error that names the mistake. */
  operation<Input, Output = unknown>(definition: OperationDefinition<Input, Output>): Operation<Input, Output>
  /** The open operations of this scope, oldest first. */
  pending(): Promise<readonly PendingOperation[]>
  /**
   * Polls and asks for all open operations of this scope. `send: true` also sends what is stored
   * (`persist: 'request'`) and younger than `validFor`. Operations whose definition is not registered are
   * skipped, and so are those that another runner is working on.
   */
  resume(options?: ResumeOptions): Promise<readonly Resumed[]>
  /**
   * Removes the settled records and all results of this scope; open ones shrink to key, target and times.
   * `force` removes these too, and gives up finding out about them.
   */
  clear(options?: { readonly force?: boolean | undefined }): Promise<void>
  /** The same client for another scope, for a service that acts for many. It has definitions of its own. */
  withScope(scope: string): Client
  /** Stops all runs as an abort does, waits for what is in the air, and frees the claims. */
  close(): Promise<void>
}

/** The client behind `createClient` of `stillonce` and `stillonce/core`; the runtime is a test's to replace. */
export function buildClient(
  options: ClientOptions,
  transportOption: string,
  createTransport: () => Transport,
  runtime: Runtime,
): Client {
  const core = new ClientCore(options, transportOption, createTransport, runtime, storedPart)
  beginLoading()
  return new ScopedClient(core, undefined, new Map())
}

class ScopedClient implements Client {
  readonly #core: ClientCore
  readonly #fixedScope: string | undefined
  readonly #inherited: ReadonlyMap<string, OperationContext>
  readonly #definitions = new Map<string, OperationContext>()

  constructor(
    core: ClientCore,
    fixedScope: string | undefined,
    inherited: ReadonlyMap<string, OperationContext>,
  ) {
    this.#core = core
    this.#fixedScope = fixedScope
    this.#inherited = inherited
  }

  operation<Input, Output>(definition: OperationDefinition<Input, Output>): Operation<Input, Output> {
    const plan = planOf(definition, this.#core.options)
    if (this.#definitions.has(plan.name) && definition.redefine !== true) {
      throw configurationError(
        `operation(${plan.name}).name`,
        'is defined already: one definition per name, or `redefine: true`',
      )
    }
    const context: OperationContext = {
      core: this.#core,
      plan,
      schema: definition.response,
      scopeNow: () => this.#scope(),
    }
    this.#definitions.set(plan.name, context)
    return createOperation(context, definition)
  }

  async pending(...options: readonly object[]): Promise<readonly PendingOperation[]> {
    callOptions(options[0], [], 'pending')
    const scope = this.#scope()
    return (await loadedStoredPart()).listPending(this.#core, scope, this.#contexts(), () => this.#scope())
  }

  async resume(options?: ResumeOptions): Promise<readonly Resumed[]> {
    const told = callOptions(options, ['send', 'signal'], 'resume')
    requireFlag(told.send, 'resume.send')
    const scope = this.#scope()
    return (await loadedStoredPart()).resumeAll(
      this.#core,
      scope,
      this.#contexts(),
      () => this.#scope(),
      told,
    )
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
    return new ScopedClient(this.#core, scopeText(scope), this.#contexts())
  }

  async close(...options: readonly object[]): Promise<void> {
    callOptions(options[0], [], 'close')
    await this.#core.close()
  }

  #scope(): string {
    return this.#fixedScope ?? this.#core.currentScope()
  }

  /** Own definitions, and those of the client that this one was made from, in this scope. */
  #contexts(): ReadonlyMap<string, OperationContext> {
    const contexts = new Map<string, OperationContext>()
    for (const [name, context] of this.#inherited)
      contexts.set(name, { ...context, scopeNow: () => this.#scope() })
    for (const [name, context] of this.#definitions) contexts.set(name, context)
    return contexts
  }
}
