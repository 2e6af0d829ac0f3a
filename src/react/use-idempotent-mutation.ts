import { useEffect, useMemo, useState, useSyncExternalStore } from 'react'
import type { Operation } from '../client/operation.ts'
import type { MutationCallbacks } from './mutation-callbacks.ts'
import type { MutationOptions } from './mutation-store.ts'
import { MutationStore } from './mutation-store.ts'
import type { MutationView } from './mutation-view.ts'
import { IDLE } from './mutation-view.ts'

export type IdempotentMutation<Input, Output> = MutationView<Input, Output> & {
  /** Performs the operation, or joins it if it is under way: pressing twice has the same effect as pressing once. */
  readonly mutate: (variables: Input, callbacks?: MutationCallbacks<Input, Output>) => void
  /**
   * Like `mutate`, but returns a promise. It resolves with the result (undefined if the operation was executed and its
   * result cannot be given), or rejects with an OperationError, whose `outcome` distinguishes `not-executed` from
   * `unknown`.
   */
  readonly mutateAsync: (
    variables: Input,
    callbacks?: MutationCallbacks<Input, Output>,
  ) => Promise<Output | undefined>
  /** Clears the view. A run that is under way goes on, and the record stays, unlike with `forget`. */
  readonly reset: () => void
}

/**
 * Shows an operation as TanStack Query shows a mutation, with one more status: `unknown`, for an operation that may
 * have been executed.
 *
 * Double clicks join the same run, so the button needs no `disabled`. Unmounting never aborts. When `scope` names
 * another user, the hook is cleared: on the next render, and when somebody returns to the page.
 *
 * ```tsx const pay = useIdempotentMutation(placeOrder, { restore: cart }) return <button onClick={() =>
 * pay.mutate(cart)}>{pay.isPending ? 'Paying…' : 'Pay'}</button> ```
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
  // Runs after every commit, so that the options of a discarded render have no effect.
  useEffect(() => store.commit(operation, options))
  return useMemo(() => {
    const { mutate, mutateAsync, reset } = store
    return { ...view, mutate, mutateAsync, reset }
  }, [view, store])
}
