import type { Outcome } from '../core/record/outcome.ts'
import type { OperationError } from '../public/errors.ts'
import type { Snapshot } from '../client/snapshot.ts'

/*
 * What one hook shows, as a machine without React:
 *
 *   idle --called--> shown --changed--> shown ...        a call of `mutate`: shown from its first tick
 *   idle --restored--> shown                             an operation that was stored before: shown once it is found
 *   shown --called | restored--> shown                   the latest takes the place over; the older run goes on unseen
 *   shown --reset--> idle                                by `reset`, by another scope, by another operation to restore
 *
 * What is shown is the snapshot of a run, so every word of it (pending, success, error, unknown) is the engine's.
 * `call` counts the turns of the place: what comes from an older run has an older number and changes nothing.
 * A call that was refused because the run it met has another payload shows that run: it is what goes on.
 */
export type MutationState<Input, Output> =
  | { readonly kind: 'idle'; readonly call: number }
  | {
      readonly kind: 'shown'
      readonly call: number
      /** Whose operation it is, and of which definition: nobody else sees it. */
      readonly owner: Owner
      readonly variables: Input
      readonly snapshot: Snapshot<Output>
      /** Why the latest call could not join the run that is shown. */
      readonly refusal: OperationError | undefined
    }

/** The scope is undefined where nobody is logged in. */
export type Owner = { readonly scope: string | undefined; readonly name: string }

export type MutationEvent<Input, Output> =
  | {
      readonly kind: 'called' | 'restored'
      readonly call: number
      readonly owner: Owner
      readonly variables: Input
      readonly snapshot: Snapshot<Output>
    }
  | { readonly kind: 'changed'; readonly call: number; readonly snapshot: Snapshot<Output> }
  | { readonly kind: 'refused'; readonly call: number; readonly error: OperationError }
  | { readonly kind: 'reset'; readonly call: number }

export function nextState<Input, Output>(
  state: MutationState<Input, Output>,
  event: MutationEvent<Input, Output>,
): MutationState<Input, Output> {
  if (event.call < state.call) return state
  switch (event.kind) {
    case 'called':
    case 'restored': {
      const { call, owner, variables, snapshot } = event
      return { kind: 'shown', call, owner, variables, snapshot, refusal: undefined }
    }
    case 'changed':
      return state.kind === 'idle' ? state : { ...state, snapshot: event.snapshot }
    case 'refused':
      return state.kind === 'idle' ? state : { ...state, refusal: event.error }
    case 'reset':
      return { kind: 'idle', call: event.call }
    default:
      return event satisfies never
  }
}

/**
 * TanStack Query's result, with one more status. `isError` is true only where the operation is proven not to have
 * been executed. `error` is set beside `unknown` too, beside a success whose result could not be read, and beside
 * `pending` where the latest call was refused: render by `status`, never by `error`.
 */
export type MutationView<Input, Output> = Idle | Pending<Input> | Success<Input, Output> | Failure<Input>

type Idle = Flags<'idle'> & {
  readonly data: undefined
  readonly error: null
  readonly variables: undefined
  readonly outcome: undefined
  readonly phase: undefined
  readonly replayed: false
} & Details

type Pending<Input> = Flags<'pending'> & {
  readonly data: undefined
  readonly error: OperationError | null
  readonly variables: Input
  readonly outcome: Outcome
  readonly phase: Snapshot['phase']
  readonly replayed: false
} & Details

type Success<Input, Output> = Flags<'success'> & {
  readonly variables: Input
  readonly outcome: 'executed'
  readonly phase: 'settled'
  /** An earlier answer given again. */
  readonly replayed: boolean
} & (
    | { readonly data: Output; readonly error: null }
    /** Executed, but its result cannot be given. */
    | { readonly data: undefined; readonly error: OperationError }
  ) &
  Details

type Failure<Input> = (
  | (Flags<'error'> & { readonly outcome: 'not-executed' })
  | (Flags<'unknown'> & { readonly outcome: 'unknown' })
) & {
  readonly data: undefined
  readonly error: OperationError
  readonly variables: Input
  readonly phase: 'settled'
  readonly replayed: false
} & Details

type Details = {
  /** Requests that tried to perform it, over all reloads and tabs. */
  readonly attempts: number
  /** Epoch ms: when the next step comes, or when the server asks to be tried again. */
  readonly retryAt: number | undefined
  readonly idempotencyKey: string | undefined
}

type Status = 'idle' | 'pending' | 'success' | 'error' | 'unknown'

type Flags<Now extends Status> = {
  readonly status: Now
  readonly isIdle: Now extends 'idle' ? true : false
  readonly isPending: Now extends 'pending' ? true : false
  readonly isSuccess: Now extends 'success' ? true : false
  /** Proven not to have been executed. */
  readonly isError: Now extends 'error' ? true : false
  /** It may have been executed. */
  readonly isUnknown: Now extends 'unknown' ? true : false
}

export const IDLE: MutationView<never, never> = Object.freeze({
  ...flags('idle'),
  data: undefined,
  error: null,
  variables: undefined,
  outcome: undefined,
  phase: undefined,
  replayed: false as const,
  attempts: 0,
  retryAt: undefined,
  idempotencyKey: undefined,
})

/** What the hook gives for a state: the same content for the same state, whoever looks. */
export function viewOf<Input, Output>(state: MutationState<Input, Output>): MutationView<Input, Output> {
  if (state.kind === 'idle') return IDLE
  const { snapshot, variables, refusal } = state
  const { attempts, retryAt, key: idempotencyKey, outcome, phase } = snapshot
  const details = { attempts, retryAt, idempotencyKey, variables }
  if (phase !== 'settled') {
    const error = refusal ?? null
    return { ...flags('pending'), ...details, data: undefined, error, outcome, phase, replayed: false }
  }
  if (outcome === 'executed') {
    const common = { ...flags('success'), ...details, outcome, phase, replayed: snapshot.replayed }
    return snapshot.error === undefined
      ? { ...common, data: snapshot.data as Output, error: null }
      : { ...common, data: undefined, error: snapshot.error }
  }
  const { error } = snapshot
  if (error === undefined) throw new TypeError('a run that did not end as executed has an error')
  const common = { ...details, data: undefined, error, phase, replayed: false as const }
  return outcome === 'unknown'
    ? { ...common, ...flags('unknown'), outcome }
    : { ...common, ...flags('error'), outcome }
}

function flags<Now extends Status>(status: Now): Flags<Now> {
  return {
    status,
    isIdle: status === 'idle',
    isPending: status === 'pending',
    isSuccess: status === 'success',
    isError: status === 'error',
    isUnknown: status === 'unknown',
  } as Flags<Now>
}

/** Whether a state belongs to whoever looks now: nobody sees the operation of another user or definition. */
export function isOwned(state: MutationState<unknown, unknown>, by: Owner): boolean {
  return state.kind === 'idle' || (state.owner.scope === by.scope && state.owner.name === by.name)
}

/** Whether a run that was taken up has something to show: an operation, not the search for one. */
export function isFound({ phase, state, outcome }: Snapshot): boolean {
  if (phase === 'settled') return state !== undefined || outcome !== 'not-executed'
  return state === 'pending' || state === 'processing' || (state !== undefined && phase !== 'claiming')
}
