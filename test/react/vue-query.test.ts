import { QueryClient, notifyManager, useMutation } from '@tanstack/vue-query'
import { describe, expect, expectTypeOf, onTestFinished, test } from 'vitest'
import { effectScope } from 'vue'
import type { OperationError } from '../../src/public/errors.ts'
import { mutationOptions, mutationStatus } from '../../src/entries/tanstack.ts'
import type { Cart, OrderData } from '../api/bench/bench.ts'
import { bench, cart, ending } from '../api/bench/bench.ts'
import type { Reply } from '../api/bench/scripted-server.ts'
import { answer, reset } from '../api/bench/scripted-server.ts'

// Not by a timer, for which a test would have to wait.
notifyManager.setScheduler(queueMicrotask)

/** A component's setup, without a page. */
function mutation(replies: readonly Reply[]) {
  const world = bench({ retry: { attempts: 1 }, deadline: 1_000 })
  world.server.script(...replies)
  const scope = effectScope()
  onTestFinished(() => scope.stop())
  const pay = scope.run(() => useMutation(mutationOptions(world.placeOrder()), new QueryClient()))
  if (pay === undefined) throw new Error('the scope has ended')
  const status = () => mutationStatus({ status: pay.status.value, error: pay.error.value })
  return { ...world, pay, status }
}

describe("Vue Query's mutation, by the same options", () => {
  test('two presses are one request', async () => {
    const { pay, status, server, clock } = mutation([answer(201, { order: 1 })])
    const both = Promise.all([pay.mutateAsync(cart), pay.mutateAsync(cart)])
    expect(await clock.until(both)).toEqual([{ order: 1 }, { order: 1 }])
    await clock.settle()
    expect([status(), pay.data.value]).toEqual(['success', { order: 1 }])
    expect(server.requests).toHaveLength(1)
  })

  test('what is not known is unknown, and pressing again goes on under the same key', async () => {
    const { pay, status, server, clock } = mutation([reset, answer(201, { order: 1 })])
    await clock.until(ending(pay.mutateAsync(cart)))
    await clock.settle()
    expect(status()).toBe('unknown')
    await clock.until(pay.mutateAsync(cart))
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
  })
})

test('Vue Query infers what goes in and what comes out', () => {
  const { pay } = mutation([])
  expectTypeOf(pay.data.value).toEqualTypeOf<OrderData | undefined>()
  expectTypeOf(pay.error.value).toEqualTypeOf<OperationError | null>()
  expectTypeOf(pay.mutate).parameter(0).toEqualTypeOf<Cart>()
})
