import { insideOf } from '../client/operation-inside.ts'
import type { Operation } from '../client/operation.ts'
import type { Settled } from '../client/settled.ts'
import type { Snapshot } from '../client/snapshot.ts'
import type { OperationError } from '../public/errors.ts'
import { whenSomebodyIsBack } from '../runtime/page-is-back.ts'
import { inputText } from './input-text.ts'
import type { MutationCallbacks } from './mutation-callbacks.ts'
import { dataOrThrown, tellEnd, tellResolved } from './mutation-callbacks.ts'
import type { MutationView } from './mutation-view.ts'
import { IDLE } from './mutation-view.ts'
import { sharedNow, sharedOperation } from './operation-table.ts'
import type { Interest } from './shared-operation.ts'
import { SharedOperation } from './shared-operation.ts'
import type { Look } from './view-of.ts'
import { isSameLook, viewOf } from './view-of.ts'

export type MutationOptions<Input, Output> = MutationCallbacks<Input, Output> & {
  /**
   * The input of the operation that this component shows. After a reload, its stored result is shown, or an open
   * operation is taken up by polling and asking. If the input changes, the same render shows the other operation.
   */
  readonly restore?: Input | undefined
  /** Also sends the restored operation while it is younger than the client's `validFor`. Default: false. */
  readonly send?: boolean | undefined
}

/** A call of this hook's `mutate`. */
type Call<Input> = {
  readonly input: Input
  readonly text: string
  readonly shared: SharedOperation
  readonly owner: Owner
  /** The value of `restore` at the time of the call. Another value replaces what the call shows. */
  readonly restored: string | undefined
  /** How the call ended, if that is not the end of the operation. */
  readonly ownEnd: OperationError | undefined
}

/** The scope is undefined if nobody is logged in. */
type Owner = { readonly scope: string | undefined; readonly name: string }

/** What a hook shows: its own call, or the restored operation. */
type Subject<Input> = {
  readonly input: Input
  readonly text: string
  readonly name: string | undefined
  readonly shared: SharedOperation | undefined
  readonly call: Call<Input> | undefined
}

/** A call that ended as unknown, with the callbacks that wait for its outcome. */
type OpenCall<Input, Output> = {
  readonly name: string | undefined
  /** What this page knows of the operation; replaced if the hook left the operation and came back. */
  shared: SharedOperation
  /** A later call of this hook reports the end, so the hook's own `onResolved` is not called for this one. */
  isSuperseded: boolean
  readonly resolved: (known: Snapshot | 'forgotten') => void
  readonly callbacks: MutationCallbacks<Input, Output>
}

/**
 * The state of one hook: which operation it shows, and whose callbacks it calls. All hooks that show the operation
 * share what is known of it (`SharedOperation`). The store lives as long as the component's state. A run that it began
 * keeps it alive until the run ends: leaving the page ends the watching, not the run.
 */
export class MutationStore<Input, Output> {
  #operation: Operation<Input, Output>
  #options: MutationOptions<Input, Output>
  #call: Call<Input> | undefined
  /** The operation that the user has dismissed: coming back to the page does not show it again. */
  #dismissed: { readonly name: string | undefined } | undefined
  #shown: { readonly shared: SharedOperation; readonly name: string | undefined } | undefined
  readonly #open = new Set<OpenCall<Input, Output>>()
  readonly #views = new Map<string, Viewed<Input, Output>>()
  readonly #listeners = new Set<() => void>()
  #endSignals = () => {}

  constructor(operation: Operation<Input, Output>, options: MutationOptions<Input, Output>) {
    this.#operation = operation
    this.#options = options
  }

  /** Sets what React has committed: later calls use it. */
  readonly commit = (operation: Operation<Input, Output>, options: MutationOptions<Input, Output>): void => {
    this.#operation = operation
    this.#options = options
    const { restore } = options
    if (
      this.#dismissed !== undefined &&
      restore !== undefined &&
      this.#dismissed.name !== nameOf(operation, restore)
    )
      this.#dismissed = undefined
    this.#attend()
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    const own = () => listener()
    this.#listeners.add(own)
    if (this.#listeners.size === 1) {
      this.#endSignals = whenSomebodyIsBack(this.#lookAgain)
      this.#attend()
    }
    return () => {
      this.#listeners.delete(own)
      if (this.#listeners.size > 0) return
      this.#endSignals()
      this.#shown?.shared.leave(this.#tell)
    }
  }

  /** The view for a render with these options: the same reference until something changes. */
  viewFor(
    operation: Operation<Input, Output>,
    options: MutationOptions<Input, Output>,
  ): MutationView<Input, Output> {
    const subject = this.#subjectOf(operation, options)
    if (subject?.shared === undefined) return IDLE
    const { text, call, shared } = subject
    const viewed = this.#views.get(text)
    const look: Look<Input> = {
      variables: viewed?.look.variables ?? subject.input,
      snapshot: shared.snapshotFor(text),
      isSame: shared.isSame(text),
      isCalling: shared.isCalling(text),
      ownEnd: call?.ownEnd,
    }
    if (viewed !== undefined && isSameLook(viewed.look, look)) return viewed.view
    const view = viewOf<Input, Output>(look)
    if (this.#views.size > MOST_VIEWS) this.#views.clear()
    this.#views.set(text, { look, view })
    return view
  }

  readonly mutate = (variables: Input, callbacks?: MutationCallbacks<Input, Output>): void => {
    this.mutateAsync(variables, callbacks).catch(() => {})
  }

  readonly mutateAsync = async (
    variables: Input,
    callbacks: MutationCallbacks<Input, Output> = {},
  ): Promise<Output | undefined> => {
    const operation = this.#operation
    const owner = ownerOf(operation)
    const { restore } = this.#options
    const run = operation.start(variables)
    const text = inputText(variables)
    const name = nameOf(operation, variables)
    const shared =
      name === undefined ? new SharedOperation() : sharedOperation(operation, name, this.#held(name))
    const restored = restore === undefined ? undefined : inputText(restore)
    const call: Call<Input> = { input: variables, text, shared, owner, restored, ownEnd: undefined }
    this.#call = call
    this.#dismissed = undefined
    for (const open of this.#open) if (open.shared === shared) open.isSuperseded = true
    let isOwn = false
    const ended = shared.call(run, text, ({ error }) => {
      isOwn = true
      if (this.#call === call) this.#call = { ...call, ownEnd: error }
    })
    this.#attend()
    await ended
    const settled = await run.settled
    // The end of one user's operation must not be shown on another user's page.
    const isSameUser = () => [operation, this.#operation].every(one => scopeOf(one) === owner.scope)
    if (isSameUser()) for (const told of [this.#options, callbacks]) tellEnd(told, settled, variables)
    const isOpen = settled.outcome === 'unknown' && (!isOwn || settled.error.reason === 'changed')
    if (isOpen)
      this.#resolveLater({ shared, name }, settled.error, { operation, variables, callbacks, isSameUser })
    return dataOrThrown(settled)
  }

  /** Clears the view. A run that is under way goes on, and records stay. */
  readonly reset = (): void => {
    const { restore } = this.#options
    this.#call = undefined
    this.#dismissed = { name: restore === undefined ? undefined : nameOf(this.#operation, restore) }
    this.#attend()
  }

  #resolveLater(
    about: Pick<OpenCall<Input, Output>, 'shared' | 'name'>,
    error: OperationError,
    call: {
      readonly operation: object
      readonly variables: Input
      readonly callbacks: MutationCallbacks<Input, Output>
      readonly isSameUser: () => boolean
    },
  ): void {
    const { operation, variables, callbacks, isSameUser } = call
    const open: OpenCall<Input, Output> = {
      ...about,
      isSuperseded: false,
      callbacks,
      resolved: known => {
        if (!this.#open.delete(open) || known === 'forgotten' || !isSameUser()) return
        const told = insideOf(operation)?.withOutcome(error, known.outcome) ?? error
        const end = endOf<Output>(known, told)
        for (const other of this.#open) if (other.shared === open.shared) other.isSuperseded = true
        if (!open.isSuperseded) tellResolved(this.#options, end, variables)
        tellResolved(callbacks, end, variables)
      },
    }
    this.#open.add(open)
    about.shared.whenKnown(open.resolved)
  }

  /**
   * Nobody looked for the outcome while no hook showed the operation. If the outcome is found now, the earlier callers
   * get it.
   */
  #resolveBy(shared: SharedOperation, name: string): void {
    for (const open of this.#open) {
      if (open.name !== name || open.shared === shared) continue
      open.shared = shared
      shared.whenKnown(open.resolved)
    }
  }

  #subjectOf(
    operation: Operation<Input, Output>,
    { restore }: MutationOptions<Input, Output>,
  ): Subject<Input> | undefined {
    const text = restore === undefined ? undefined : inputText(restore)
    const call = this.#call
    const isMeant = text === undefined || text === call?.restored || text === call?.text
    if (call !== undefined && isMeant && isOwnedBy(call.owner, operation)) {
      const name = nameOf(operation, call.input)
      const shared = (name === undefined ? undefined : sharedNow(operation, name)) ?? call.shared
      return { input: call.input, text: call.text, name, shared, call }
    }
    if (restore === undefined || text === undefined) return undefined
    const name = nameOf(operation, restore)
    if (name === undefined || this.#dismissed?.name === name) return undefined
    const shared = sharedNow(operation, name) ?? this.#held(name)
    return { input: restore, text, name, shared, call: undefined }
  }

  #held(name: string): SharedOperation | undefined {
    return this.#shown?.name === name ? this.#shown.shared : undefined
  }

  /** Subscribes to the operation that the hook shows now, and takes up a restored one. */
  readonly #attend = (): void => {
    const operation = this.#operation
    const subject = this.#subjectOf(operation, this.#options)
    if (subject?.call === undefined) this.#call = undefined
    const { name } = subject ?? {}
    const before = this.#shown?.shared
    // Without listeners, the operation is not kept for this hook.
    const isNamed = name !== undefined && this.#listeners.size > 0
    const shared = isNamed ? sharedOperation(operation, name, subject?.shared) : subject?.shared
    this.#shown = shared === undefined ? undefined : { shared, name }
    if (before !== shared) before?.leave(this.#tell)
    if (shared !== undefined && name !== undefined) this.#resolveBy(shared, name)
    if (subject !== undefined && this.#listeners.size > 0) {
      const isNew = shared?.show(this.#tell, this.#interestIn(subject))
      if (isNew === true && subject.call === undefined) shared?.look()
    }
    if (before !== shared) this.#tell()
  }

  #interestIn({ text, input, name }: Subject<Input>): Interest {
    const operation = this.#operation
    const { restore, send } = this.#options
    const isRestored = restore !== undefined && name !== undefined && nameOf(operation, restore) === name
    const sends = isRestored && send === true
    const about = isRestored ? restore : input
    const options = sends ? { send: true } : {}
    // Without an operation, there is nothing to find out.
    if (name === undefined) return { text, sends, ...NOTHING_TO_LOOK_AT }
    return {
      text,
      sends,
      takeUp: () => operation.resume(about, options),
      watch: listener => operation.watch(about, listener, options),
      compare: async () => {
        const inside = insideOf(operation)
        // Nothing can be compared, so the known state counts for every payload.
        if (inside === undefined) return { key: this.#shown?.shared.state.known?.key, isSame: true }
        return inside.comparePayload(input)
      },
    }
  }

  /**
   * Called when the user returns to the page: another user may have logged in, or another tab may have begun the
   * operation.
   */
  readonly #lookAgain = (): void => {
    this.#attend()
    const known = this.#shown?.shared.state.known
    const { call } = this.#subjectOf(this.#operation, this.#options) ?? {}
    if (call === undefined && known === undefined) this.#shown?.shared.look()
    this.#tell()
  }

  readonly #tell = (): void => {
    for (const listener of this.#listeners) listener()
  }
}

const NOTHING_TO_LOOK_AT: Omit<Interest, 'text' | 'sends'> = {
  takeUp: async () => undefined,
  watch: () => () => {},
  compare: async () => undefined,
}

/** More views than this are dropped: a hook shows one input, seldom two at a time. */
const MOST_VIEWS = 8

type Viewed<Input, Output> = { readonly look: Look<Input>; readonly view: MutationView<Input, Output> }

/** How a call that was unknown has ended. If it had met another payload, it counts as refused. */
function endOf<Output>(known: Snapshot, error: OperationError): Settled<Output> {
  const { outcome, replayed } = known
  if (outcome !== 'executed') return { outcome: 'not-executed', error: known.error ?? error }
  if (error.reason === 'changed') return { outcome, data: undefined, replayed: false, error }
  return known.error === undefined
    ? { outcome, data: known.data as Output, replayed }
    : { outcome, data: undefined, replayed, error: known.error }
}

/** Undefined if the input identifies no operation, or nobody is logged in. */
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

/** Operations of another user or definition must not be shown. */
function isOwnedBy(owner: Owner, operation: { readonly name: string; readonly scope: string }): boolean {
  return owner.name === operation.name && owner.scope === scopeOf(operation)
}

function scopeOf(operation: { readonly scope: string }): string | undefined {
  try {
    return operation.scope
  } catch {
    return undefined
  }
}
