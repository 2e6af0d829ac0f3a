import type { Operation } from '../../src/client/operation.ts'
import type { MutationOptions } from '../../src/react/mutation-store.ts'
import type { MutationView } from '../../src/react/mutation-view.ts'
import { MutationStore } from '../../src/react/mutation-store.ts'
import type { Cart, OrderData, Setup } from '../api/bench/bench.ts'
import { bench } from '../api/bench/bench.ts'

export type Placing = Operation<Cart, OrderData>

/** A hook without React: what it shows, in order, and what it tells. */
export function hook(operation: Placing, given: MutationOptions<Cart, OrderData> = {}) {
  let now = { operation, options: given }
  const store = new MutationStore(operation, given)
  const shown: string[] = []
  const views: MutationView<Cart, OrderData>[] = []
  const told: string[] = []
  const view = () => store.viewFor(now.operation, now.options)
  let last = view()
  // As React: what is the same is not rendered again.
  const look = () => {
    const next = view()
    if (next !== last) views.push(next)
    if (next !== last) shown.push(next.status)
    last = next
  }
  const end = store.subscribe(look)
  const note = (word: string) => (): void => void told.push(word)
  const callbacks = (whose: string): MutationOptions<Cart, OrderData> => ({
    onSuccess: note(`${whose} success`),
    onError: note(`${whose} error`),
    onUnknown: note(`${whose} unknown`),
    onChanged: note(`${whose} changed`),
    onSettled: note(`${whose} settled`),
    onResolved: ({ outcome }) => void told.push(`${whose} resolved ${outcome}`),
  })
  /** A render that is not committed yet, or never is. */
  const render = (next: MutationOptions<Cart, OrderData> = now.options, on = now.operation) =>
    store.viewFor(on, next)
  const commit = (next: MutationOptions<Cart, OrderData> = now.options, on = now.operation) => {
    now = { operation: on, options: next }
    store.commit(on, { ...callbacks('hook'), ...next })
  }
  commit()
  return { store, shown, views, told, callbacks, render, commit, end, view }
}

export function shop(setup: Setup = {}) {
  const world = bench(setup)
  return { ...world, order: world.placeOrder() }
}
