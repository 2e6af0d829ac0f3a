import { useMutation } from '@tanstack/react-query'
import { describe, expectTypeOf, test } from 'vitest'
import * as z from 'zod'
import type { Client } from '../../src/client/client.ts'
import type { OperationError, Reason } from '../../src/public/errors.ts'
import { mutationOptions, mutationStatus, useIdempotentMutation } from '../../src/entries/react.ts'

/* Never called: the compiler is the test. */
declare const client: Client

type Cart = { readonly id: string }
const Order = z.object({ number: z.number() })
type Placed = { number: number }
type Status = 'idle' | 'pending' | 'success' | 'changed' | 'error' | 'unknown'

const definitions = () => ({
  placeOrder: client.operation({
    name: 'place-order',
    id: (cart: Cart) => cart.id,
    request: cart => ({ method: 'post', url: 'orders', json: cart }),
    response: Order,
  }),
  untyped: client.operation<void>({
    name: 'ping',
    id: () => 'ping',
    request: () => ({ method: 'post', url: 'ping' }),
  }),
})

describe('the hook infers from the definition', () => {
  test('what goes in and what comes out', () => {
    const Checkout = () => {
      const pay = useIdempotentMutation(definitions().placeOrder, {
        restore: { id: 'cart-42' },
        onSuccess: (order, cart) => {
          expectTypeOf(order).toEqualTypeOf<Placed | undefined>()
          expectTypeOf(cart).toEqualTypeOf<Cart>()
        },
        onError: (error, cart) => {
          expectTypeOf(error).toEqualTypeOf<OperationError>()
          expectTypeOf(cart).toEqualTypeOf<Cart>()
        },
        onResolved: (end, cart) => {
          if (end.outcome === 'executed') expectTypeOf(end.data).toEqualTypeOf<Placed | undefined>()
          expectTypeOf(cart).toEqualTypeOf<Cart>()
        },
        onSettled: (order, error) => {
          expectTypeOf(order).toEqualTypeOf<Placed | undefined>()
          expectTypeOf(error).toEqualTypeOf<OperationError | null>()
        },
      })
      expectTypeOf(pay.mutate).parameter(0).toEqualTypeOf<Cart>()
      expectTypeOf(pay.mutateAsync({ id: '' })).resolves.toEqualTypeOf<Placed | undefined>()
      expectTypeOf(pay.data).toEqualTypeOf<Placed | undefined>()
      expectTypeOf(pay.variables).toEqualTypeOf<Cart | undefined>()
      expectTypeOf(pay.status).toEqualTypeOf<Status>()
    }
    expectTypeOf(Checkout).toBeFunction()
  })

  test('and the status narrows the rest', () => {
    const Checkout = () => {
      const pay = useIdempotentMutation(definitions().placeOrder)
      if (pay.isSuccess && pay.error === null) expectTypeOf(pay.data).toEqualTypeOf<Placed>()
      if (pay.status === 'success') expectTypeOf(pay.outcome).toEqualTypeOf<'executed'>()
      if (pay.isError) {
        expectTypeOf(pay.error).toEqualTypeOf<OperationError>()
        expectTypeOf(pay.outcome).toEqualTypeOf<'not-executed'>()
      }
      if (pay.isChanged) {
        expectTypeOf(pay.outcome).toEqualTypeOf<'executed'>()
        // Nobody takes what was executed for the result of these variables.
        expectTypeOf(pay.data).toEqualTypeOf<undefined>()
        expectTypeOf(pay.executed.data).toEqualTypeOf<Placed | undefined>()
        if (pay.executed.error === null) expectTypeOf(pay.executed.data).toEqualTypeOf<Placed>()
      }
      if (pay.isError || pay.isUnknown || pay.isChanged) expectTypeOf(pay.reason).toEqualTypeOf<Reason>()
      if (pay.isUnknown) expectTypeOf(pay.outcome).toEqualTypeOf<'unknown'>()
      if (pay.isPending) expectTypeOf(pay.variables).toEqualTypeOf<Cart>()
      if (pay.isIdle) expectTypeOf(pay.phase).toEqualTypeOf<undefined>()
    }
    expectTypeOf(Checkout).toBeFunction()
  })

  test('an operation without input is called without one', () => {
    const Ping = () => {
      const ping = useIdempotentMutation(definitions().untyped)
      ping.mutate()
      expectTypeOf(ping.data).toEqualTypeOf<unknown>()
    }
    expectTypeOf(Ping).toBeFunction()
  })

  test('what does not fit is refused', () => {
    const Checkout = () => {
      const pay = useIdempotentMutation(definitions().placeOrder)
      // @ts-expect-error a cart has an id
      pay.mutate({})
      // @ts-expect-error what is restored is a cart too
      useIdempotentMutation(definitions().placeOrder, { restore: { total: 1 } })
      // @ts-expect-error the hook makes its own calls
      useIdempotentMutation(definitions().placeOrder, { retry: 3 })
    }
    expectTypeOf(Checkout).toBeFunction()
  })
})

test('TanStack Query infers the same from mutationOptions', () => {
  const Checkout = () => {
    const pay = useMutation({
      ...mutationOptions(definitions().placeOrder),
      onSuccess: (order, cart) => {
        expectTypeOf(order).toEqualTypeOf<Placed | undefined>()
        expectTypeOf(cart).toEqualTypeOf<Cart>()
      },
    })
    expectTypeOf(pay.data).toEqualTypeOf<Placed | undefined>()
    expectTypeOf(pay.error).toEqualTypeOf<OperationError | null>()
    expectTypeOf(pay.mutate).parameter(0).toEqualTypeOf<Cart>()
    expectTypeOf(mutationStatus(pay)).toEqualTypeOf<Status>()
  }
  expectTypeOf(Checkout).toBeFunction()
})
