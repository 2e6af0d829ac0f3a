import type { OperationError } from '../public/errors.ts'
import type { Run } from '../client/join-run.ts'
import type { Operation } from '../client/operation.ts'
import type { Settled } from '../client/settled.ts'
import type { MutationEvent, MutationState, MutationView, Owner } from './mutation-state.ts'
import { IDLE, isFound, isOwned, nextState, viewOf } from './mutation-state.ts'
import { whenPageIsBack } from './page-signals.ts'

/** The callbacks of a call of `mutate`: called once, when the call has ended, also after the component has gone. */
export type MutationCallbacks<Input, Output> = {
  /** Executed. `data` is undefined where the result could not be read. */
  readonly onSuccess?: ((data: Output | undefined, variables: Input) => unknown) | undefined
  /** Proven not to have been executed. */
  readonly onError?: ((error: OperationError, variables: Input) => unknown) | undefined
  /** The operation may have been executed: no failure is reported. */
  readonly onUnknown?: ((error: OperationError, variables: Input) => unknown) | undefined
  readonly onSettled?:
    | ((data: Output | undefined, error: OperationError | null, variables: Input) => unknown)
    | undefined
}

export type MutationOptions<Input, Output> = MutationCallbacks<Input, Output> & {
  /**
   * The operation that this component is about: after a reload its stored result is shown, or it is taken up
   * where it is open, by polling and asking. Another operation here clears what was shown of the one before.
   */
  readonly restore?: Input | undefined
  /** What is restored is also sent, while it is younger than the client's `validFor`. Default: false. */
  readonly send?: boolean | undefined
}

/** The hooks of this page that somebody looks at: what one of them begins, the others show. */
const watched = new Set<{ readonly hear: (operation: object, begun: string) => void }>()

/**
 * What one hook holds: which run it watches, and whose callbacks it calls. It lives as long as the component's state does,
 * and a run that it began keeps it for as long as that lasts: leaving the page ends the watching, not the run.
 */
export class MutationStore<Input, Output> {
  #operation: Operation<Input, Output>
  #options: MutationOptions<Input, Output>
  #state: MutationState<Input, Output> = { kind: 'idle', call: 0 }
  #viewed: { readonly state: MutationState<Input, Output>; readonly view: MutationView<Input, Output> }
  #calls = 0
  /** Names the operation that `restore` was about last. */
  #restored: string | undefined
  /** The user has put it away: coming back to the page does not show it again. */
  #isDismissed = false
  readonly #listeners = new Set<() => void>()
  #endSignals = () => {}

  constructor(operation: Operation<Input, Output>, options: MutationOptions<Input, Output>) {
    this.#operation = operation
    this.#options = options
    this.#viewed = { state: this.#state, view: IDLE }
  }

  /** What React has committed: from now on it is what calls use. */
  readonly commit = (operation: Operation<Input, Output>, options: MutationOptions<Input, Output>): void => {
    this.#operation = operation
    this.#options = options
    this.#dropForeign()
    const restored = this.#nameOfRestored()
    if (restored === this.#restored) return
    this.#restored = restored
    if (restored === undefined || restored === this.#nameOfShown()) return
    if (this.#state.kind === 'shown') this.reset()
    this.#isDismissed = false
    this.#takeUp()
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    const own = () => listener()
    if (this.#listeners.size === 0) {
      this.#endSignals = whenPageIsBack(this.#lookAgain)
      watched.add(this)
    }
    this.#listeners.add(own)
    return () => {
      this.#listeners.delete(own)
      if (this.#listeners.size > 0) return
      this.#endSignals()
      watched.delete(this)
    }
  }

  /** Another component of this page has begun an operation: if it is this one's, it is shown here too. */
  hear(operation: object, begun: string): void {
    const isUnderWay = this.#state.kind === 'shown' && this.#state.snapshot.phase !== 'settled'
    const isMeant = operation === this.#operation && begun === this.#restored && !this.#isDismissed
    if (isMeant && !isUnderWay) this.#takeUp()
  }

  /** The same reference until something changes. */
  viewFor(operation: Operation<Input, Output>): MutationView<Input, Output> {
    const state = this.#state
    if (!isOwned(state, ownerOf(operation))) return IDLE
    if (this.#viewed.state !== state) this.#viewed = { state, view: viewOf(state) }
    return this.#viewed.view
  }

  readonly mutate = (variables: Input, callbacks?: MutationCallbacks<Input, Output>): void => {
    this.mutateAsync(variables, callbacks).catch(() => {})
  }

  readonly mutateAsync = async (
    variables: Input,
    callbacks?: MutationCallbacks<Input, Output>,
  ): Promise<Output | undefined> => {
    const operation = this.#operation
    const owner = ownerOf(operation)
    const call = ++this.#calls
    this.#isDismissed = false
    const run = operation.start(variables)
    this.#dispatch({ kind: 'called', call, owner, variables, snapshot: run.snapshot })
    this.#follow(run, snapshot => this.#dispatch({ kind: 'changed', call, snapshot }))
    const begun = nameOf(operation, variables)
    if (begun !== undefined) for (const hook of watched) if (hook !== this) hook.hear(operation, begun)
    const settled = await run.settled
    if (run.snapshot.phase !== 'settled' && settled.error !== undefined)
      this.#dispatch({ kind: 'refused', call, error: settled.error })
    // What became of one user's operation is not shown on another user's page.
    const isSameUser = [operation, this.#operation].every(one => scopeOf(one) === owner.scope)
    if (isSameUser) for (const told of [this.#options, callbacks ?? {}]) tell(told, settled, variables)
    if (settled.outcome !== 'executed') throw settled.error
    return settled.data
  }

  /** Shows nothing any more. What is under way goes on; what is stored stays. */
  readonly reset = (): void => {
    this.#isDismissed = true
    this.#dispatch({ kind: 'reset', call: ++this.#calls })
  }

  #takeUp(): void {
    const { restore, send } = this.#options
    if (restore === undefined) return
    const owner = ownerOf(this.#operation)
    const call = ++this.#calls
    const found = this.#operation.resume(restore, send === true ? { send } : {})
    void found.then(
      run => {
        if (run === undefined || call !== this.#calls) return
        const show = (snapshot: Run<Output>['snapshot']) => {
          if (!isFound(snapshot)) return
          const isShown = this.#state.kind === 'shown' && this.#state.call === call
          this.#dispatch(
            isShown
              ? { kind: 'changed', call, snapshot }
              : { kind: 'restored', call, owner, variables: restore, snapshot },
          )
        }
        this.#follow(run, show)
      },
      // Nothing is known then, so nothing is shown: a call will show what is wrong.
      () => {},
    )
  }

  #follow(run: Run<Output>, show: (snapshot: Run<Output>['snapshot']) => void): void {
    let end = () => {}
    const look = () => {
      const { snapshot } = run
      if (snapshot.phase === 'settled') end()
      show(snapshot)
    }
    end = run.subscribe(look)
    look()
  }

  /** The user is back at the page: another may be logged in, another tab may have begun it, a server be there again. */
  readonly #lookAgain = (): void => {
    this.#dropForeign()
    if (this.#isDismissed || this.#nameOfRestored() !== this.#restored || this.#restored === undefined) return
    const state = this.#state
    const isOpen =
      state.kind === 'idle' ||
      (state.snapshot.phase === 'settled' &&
        state.snapshot.outcome === 'unknown' &&
        this.#nameOfShown() === this.#restored)
    if (isOpen) this.#takeUp()
  }

  #dropForeign(): void {
    if (!isOwned(this.#state, ownerOf(this.#operation)))
      this.#dispatch({ kind: 'reset', call: ++this.#calls })
  }

  #nameOfRestored(): string | undefined {
    const { restore } = this.#options
    return restore === undefined ? undefined : nameOf(this.#operation, restore)
  }

  #nameOfShown(): string | undefined {
    return this.#state.kind === 'idle' ? undefined : nameOf(this.#operation, this.#state.variables)
  }

  #dispatch(event: MutationEvent<Input, Output>): void {
    const before = this.#state
    this.#state = nextState(before, event)
    if (this.#state === before) return
    for (const listener of this.#listeners) listener()
  }
}

/** Undefined for what names no operation, or while nobody is logged in. */
function nameOf<Input>(operation: Operation<Input>, input: Input): string | undefined {
  try {
    return operation.identify(input)
  } catch {
    return undefined
  }
}

function ownerOf(operation: { readonly name: string; readonly scope: string }): Owner {
  return { name: operation.name, scope: scopeOf(operation) }
}

function scopeOf(operation: { readonly scope: string }): string | undefined {
  try {
    return operation.scope
  } catch {
    return undefined
  }
}

function tell<Input, Output>(
  callbacks: MutationCallbacks<Input, Output>,
  settled: Settled<Output>,
  variables: Input,
): void {
  switch (settled.outcome) {
    case 'executed':
      guarded(() => callbacks.onSuccess?.(settled.data, variables))
      break
    case 'not-executed':
      guarded(() => callbacks.onError?.(settled.error, variables))
      break
    case 'unknown':
      guarded(() => callbacks.onUnknown?.(settled.error, variables))
      break
    default:
      settled satisfies never
  }
  const data = settled.outcome === 'executed' ? settled.data : undefined
  guarded(() => callbacks.onSettled?.(data, settled.error ?? null, variables))
}

/** A callback that throws is a mistake of its own, to be seen as one: a payment has not failed for it. */
function guarded(callback: () => unknown): void {
  try {
    callback()
  } catch (error) {
    queueMicrotask(() => {
      throw error
    })
  }
}
