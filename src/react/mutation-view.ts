import type { Outcome } from '../core/record/outcome.ts'
import type { Remedy } from '../core/run/page-remedies.ts'
import type { Snapshot } from '../client/snapshot.ts'
import type { OperationError, Reason } from '../public/errors.ts'

/**
 * TanStack Query's result, with two more statuses: `unknown`, and `changed` where another payload was executed under
 * the same id. `isError` is true only where the operation is proven not to have been executed. `error` is set beside
 * `unknown` and `changed` too, beside a success whose result could not be read, and beside `pending` where the latest
 * call was refused: render by `status`, never by `error`.
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
  /** What is under way has another payload. */
  readonly reason: 'changed' | undefined
  readonly phase: Snapshot['phase']
  readonly replayed: false
} & Details

type Success<Input, Output> = Flags<'success'> & {
  readonly executed: undefined
  readonly variables: Input
  readonly outcome: 'executed'
  readonly phase: 'settled'
  /** An earlier answer given again. */
  readonly replayed: boolean
} & (
    | { readonly data: Output; readonly error: null; readonly reason: undefined }
    /** Executed, but its result cannot be given. */
    | { readonly data: undefined; readonly error: OperationError; readonly reason: Reason }
  ) &
  Details

/** Something else was executed under this id: these variables were not, and will not be. */
type Changed<Input, Output> = Flags<'changed'> & {
  readonly data: undefined
  readonly executed: Executed<Output>
  /** Of a call; null where nobody has called with these variables. */
  readonly error: OperationError | null
  readonly variables: Input
  readonly outcome: 'executed'
  readonly reason: 'changed'
  readonly phase: 'settled'
  readonly replayed: false
} & Details

/** What was executed instead; `error` where its result cannot be given. */
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
  /** Requests that tried to perform it, over all reloads and tabs. */
  readonly attempts: number
  /** Epoch ms: when the next step comes, when an unknown one is looked at next, or when the server asks to be tried again. */
  readonly retryAt: number | undefined
  readonly idempotencyKey: string | undefined
  /** The device says that it is offline, and the next step waits for that. */
  readonly isPaused: boolean
  /** What a person can do: never empty, and `nothing` stands alone. */
  readonly can: readonly Remedy[]
  /** The server's own words on its refusal, as text. */
  readonly serverMessage: string | undefined
  /** There, and true, where the storage failed before the call had sent anything. */
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

/** What a person can do while nothing is to be decided. */
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
