import type { Outcome } from '../core/record/outcome.ts'
import type { Remedy } from '../core/run/page-remedies.ts'
import type { Snapshot } from '../client/snapshot.ts'
import type { OperationError, Reason } from '../public/errors.ts'

/**
 * The result of TanStack Query's `useMutation`, with two more statuses: `unknown`, and `changed` if another payload was
 * executed under the same id. `isError` is true only if the operation is proven not to have been executed. `error` may
 * also be set with `unknown` and `changed`, with a success whose result could not be read, and with `pending` if the
 * latest call was refused: so render by `status`, never by `error`.
 */
export type MutationView<Input, Output> =
  | Idle
  | Pending<Input>
  | Success<Input, Output>
  | Changed<Input, Output>
  | Failure<Input>

type Idle = Flags<'idle'> & {
  readonly data: undefined
  readonly executed: undefined
  readonly error: null
  readonly variables: undefined
  readonly outcome: undefined
  readonly reason: undefined
  readonly phase: undefined
  readonly replayed: false
} & Details

type Pending<Input> = Flags<'pending'> & {
  readonly data: undefined
  readonly executed: undefined
  readonly error: OperationError | null
  readonly variables: Input
  readonly outcome: Outcome
  /** Set if the operation that is under way has another payload. */
  readonly reason: 'changed' | undefined
  readonly phase: Snapshot['phase']
  readonly replayed: false
} & Details

type Success<Input, Output> = Flags<'success'> & {
  readonly executed: undefined
  readonly variables: Input
  readonly outcome: 'executed'
  readonly phase: 'settled'
  /** Whether this is an earlier response given again. */
  readonly replayed: boolean
} & (
    | { readonly data: Output; readonly error: null; readonly reason: undefined }
    /** Executed, but its result cannot be given. */
    | { readonly data: undefined; readonly error: OperationError; readonly reason: Reason }
  ) &
  Details

/** Another payload was executed under this id. These variables were not executed, and will not be. */
type Changed<Input, Output> = Flags<'changed'> & {
  readonly data: undefined
  readonly executed: Executed<Output>
  /** The error of the call; null if no call was made with these variables. */
  readonly error: OperationError | null
  readonly variables: Input
  readonly outcome: 'executed'
  readonly reason: 'changed'
  readonly phase: 'settled'
  readonly replayed: false
} & Details

/** The result of what was executed instead; `error` is set if that result cannot be given. */
export type Executed<Output> =
  | { readonly data: Output; readonly error: null }
  | { readonly data: undefined; readonly error: OperationError }

type Failure<Input> = (
  | (Flags<'error'> & { readonly outcome: 'not-executed' })
  | (Flags<'unknown'> & { readonly outcome: 'unknown' })
) & {
  readonly data: undefined
  readonly executed: undefined
  readonly error: OperationError
  readonly variables: Input
  readonly reason: Reason
  readonly phase: 'settled'
  readonly replayed: false
} & Details

type Details = {
  /** How many requests tried to perform the operation, over all reloads and tabs. */
  readonly attempts: number
  /**
   * Epoch ms: when the next step comes, when an unknown operation is looked at next, or after which time the server
   * wants the next request.
   */
  readonly retryAt: number | undefined
  readonly idempotencyKey: string | undefined
  /** The device reports that it is offline, and the next step waits for the network. */
  readonly isPaused: boolean
  /** What a person can do. Never empty; `nothing` is never combined with others. */
  readonly can: readonly Remedy[]
  /** The server's own text about its refusal, to be shown as plain text. */
  readonly serverMessage: string | undefined
  /** True if the store failed before the call sent anything; otherwise absent. */
  readonly nothingSent?: true | undefined
}

type Status = 'idle' | 'pending' | 'success' | 'changed' | 'error' | 'unknown'

type Flags<Now extends Status> = {
  readonly status: Now
  readonly isIdle: Now extends 'idle' ? true : false
  readonly isPending: Now extends 'pending' ? true : false
  readonly isSuccess: Now extends 'success' ? true : false
  /** Another payload was executed under this id. */
  readonly isChanged: Now extends 'changed' ? true : false
  /** Proven not to have been executed. */
  readonly isError: Now extends 'error' ? true : false
  /** The operation may have been executed. */
  readonly isUnknown: Now extends 'unknown' ? true : false
}

/** What a person can do while there is nothing to decide. */
const NOTHING = Object.freeze(['nothing'] as const)

export const NO_RESULT = { data: undefined, executed: undefined, replayed: false } as const

export const QUIET = { can: NOTHING, serverMessage: undefined, isPaused: false } as const

export const IDLE: MutationView<never, never> = Object.freeze({
  ...flags('idle'),
  ...NO_RESULT,
  ...QUIET,
  error: null,
  variables: undefined,
  outcome: undefined,
  reason: undefined,
  phase: undefined,
  attempts: 0,
  retryAt: undefined,
  idempotencyKey: undefined,
})

export function flags<Now extends Status>(status: Now): Flags<Now> {
  return {
    status,
    isIdle: status === 'idle',
    isPending: status === 'pending',
    isSuccess: status === 'success',
    isChanged: status === 'changed',
    isError: status === 'error',
    isUnknown: status === 'unknown',
  } as Flags<Now>
}
