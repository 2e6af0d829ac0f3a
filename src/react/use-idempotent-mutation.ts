import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import type { Operation } from '../client/operation.ts'
import type { MutationCallbacks } from './mutation-callbacks.ts'
import type { MutationOptions } from './mutation-store.ts'
import { MutationStore } from './mutation-store.ts'
import type { MutationView } from './mutation-view.ts'
import { IDLE } from './mutation-view.ts'

export type IdempotentMutation<Input, Output> = MutationView<Input, Output> & {
  /** Performs the operation, or joins it where it is under way: pressing twice is pressing once. */
  readonly mutate: (variables: Input, callbacks?: MutationCallbacks<Input, Output>) => void
  /**
   * The same as a promise: the result (undefined where it was executed and the result cannot be read), or it
   * rejects with an OperationError, whose `outcome` distinguishes `not-executed` from `unknown`.
   */
  readonly mutateAsync: (
    variables: Input,
    callbacks?: MutationCallbacks<Input, Output>,
  ) => Promise<Output | undefined>
  /** Shows nothing any more. What is under way goes on, and what is stored stays: it is not `forget`. */
  readonly reset: () => void
}

/**
 * An operation as TanStack Query shows a mutation, with one more status: `unknown`, for what may have happened.
 *
 * Double clicks join, so the button needs no `disabled`. Unmounting never aborts. When `scope` names another
 * user, the hook is cleared: on the next render, and when somebody comes back to the page.
 *
 * ```tsx
 * const pay = useIdempotentMutation(placeOrder, { restore: cart })
 * return <button onClick={() => pay.mutate(cart)}>{pay.isPending ? 'Paying…' : 'Pay'}</button>
 * ```
 */
export function useIdempotentMutation<Input, Output>(
  operation: Operation<Input, Output>,
  options: MutationOptions<NoInfer<Input>, NoInfer<Output>> = {},
): IdempotentMutation<Input, Output> {
  const [store] = useState(() => new MutationStore<Input, Output>(operation, options))
  const view = useSyncExternalStore(
    store.subscribe,
    () => store.viewFor(operation, options),
    () => IDLE,
  )
  // After every commit: what a discarded render was given changes nothing.
  useEffect(() => store.commit(operation, options))
  return useMemo(() => {
    const { mutate, mutateAsync, reset } = store
    return { ...view, mutate, mutateAsync, reset }
  }, [view, store])
}
