import { MutationObserver, QueryClient, dehydrate, hydrate, onlineManager } from '@tanstack/react-query'
import { afterEach, describe, expect, test } from 'vitest'
import { mutationOptions, mutationStatus } from '../../src/entries/react.ts'
import type { Operation } from '../../src/client/operation.ts'
import type { Cart, OrderData } from '../api/bench/bench.ts'
import { bench, cart, ending } from '../api/bench/bench.ts'
import type { Reply } from '../api/bench/scripted-server.ts'
import { answer, held, reset } from '../api/bench/scripted-server.ts'

afterEach(() => onlineManager.setOnline(true))

function shop(replies: readonly Reply[]) {
  const world = bench({ retry: { attempts: 1 } })
  world.server.script(...replies)
  const queries = new QueryClient({ defaultOptions: { mutations: { retry: 3 } } })
  const mutation = new MutationObserver(queries, mutationOptions(world.placeOrder()))
  return { ...world, mutation }
}

describe("TanStack Query's mutation", () => {
  test('gets one key: two calls at once are one request', async () => {
    const { mutation, server, clock } = shop([answer(201, { order: 1 })])
    const both = Promise.all([mutation.mutate(cart), mutation.mutate(cart)])
    expect(await clock.until(both)).toEqual([{ order: 1 }, { order: 1 }])
    expect(server.requests).toHaveLength(1)
    expect(mutationStatus(mutation.getCurrentResult())).toBe('success')
  })

  test('ends as an error where it is not known, which mutationStatus tells apart; and is not retried by it', async () => {
    const { mutation, server, clock } = shop([reset, answer(201, { order: 1 })])
    const { error } = await clock.until(ending(mutation.mutate(cart)))
    expect(error).toMatchObject({ outcome: 'unknown' })
    expect(mutation.getCurrentResult().status).toBe('error')
    expect(mutationStatus(mutation.getCurrentResult())).toBe('unknown')
    expect(server.requests).toHaveLength(1)

    await clock.until(mutation.mutate(cart))
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
  })

  test('is an error where it is proven that it did not happen', async () => {
    const { mutation, clock } = shop([answer(402)])
    await clock.until(ending(mutation.mutate(cart)))
    expect(mutationStatus(mutation.getCurrentResult())).toBe('error')
  })

  test('is a success where its result cannot be read', async () => {
    const { mutation, clock } = shop([answer(201, 'thank you')])
    expect(await clock.until(mutation.mutate(cart))).toBeUndefined()
    expect(mutationStatus(mutation.getCurrentResult())).toBe('success')
  })

  test('is written down while offline, instead of being held back', async () => {
    onlineManager.setOnline(false)
    const { mutation, server, clock } = shop([answer(201, { order: 1 })])
    await clock.until(mutation.mutate(cart))
    expect(server.requests).toHaveLength(1)
  })
})

/** As TanStack Query writes it down. */
const PAUSED = {
  context: undefined,
  data: undefined,
  error: null,
  failureCount: 0,
  failureReason: null,
  isPaused: true,
  status: 'pending',
  submittedAt: 0,
}

describe('a persisted mutation', () => {
  /** A page that has put back what was persisted, with the options as defaults. */
  function reopened(order: Operation<Cart, OrderData>, persisted: string): QueryClient {
    const queries = new QueryClient()
    const options = mutationOptions(order)
    queries.setMutationDefaults(options.mutationKey, options)
    hydrate(queries, JSON.parse(persisted))
    return queries
  }
  const paused = JSON.stringify({
    queries: [],
    mutations: [{ mutationKey: ['stillonce', 'place-order'], state: { ...PAUSED, variables: cart } }],
  })
  const persistedOf = (queries: QueryClient) =>
    JSON.stringify(dehydrate(queries, { shouldDehydrateMutation: () => true }))
  const stateOf = (queries: QueryClient) => queries.getMutationCache().getAll()[0]?.state

  test('that was paused is sent once, under one key, by all pages that resume it', async () => {
    const { another, server, clock } = bench()
    server.script(answer(201, { order: 1 }))
    const pages = [1, 2, 3].map(() => reopened(another().placeOrder(), paused))
    await clock.until(Promise.all(pages.map(queries => queries.resumePausedMutations())))
    expect(pages.map(stateOf)).toMatchObject([1, 2, 3].map(() => ({ status: 'success', data: { order: 1 } })))
    expect(server.requests).toHaveLength(1)
  })

  test('whose answer was lost goes on under its key, and is executed once', async () => {
    const { another, server, clock, placeOrder } = bench({ retry: { attempts: 1 }, deadline: 1_000 })
    server.script(reset, answer(201, { order: 1 }))
    await clock.until(ending(placeOrder().run(cart)))
    const queries = reopened(another().placeOrder(), paused)
    await clock.until(queries.resumePausedMutations())
    expect(stateOf(queries)).toMatchObject({ status: 'success', data: { order: 1 } })
    expect(server.requests.map(({ key }) => key)).toEqual(['key-1', 'key-1'])
  })

  test('that is under way is not paused by being offline, so that nothing is resumed a second time', async () => {
    onlineManager.setOnline(false)
    const { placeOrder, another, server, clock } = bench()
    const paying = held()
    server.script(paying.reply)
    const queries = new QueryClient()
    const result = new MutationObserver(queries, mutationOptions(placeOrder())).mutate(cart)
    await clock.settle()
    expect(stateOf(queries)).toMatchObject({ status: 'pending', isPaused: false })
    // By default nothing of it is persisted; and what is persisted by choice is not sent again.
    expect(dehydrate(queries).mutations).toEqual([])
    const later = reopened(another().placeOrder(), persistedOf(queries))
    onlineManager.setOnline(true)
    await clock.until(later.resumePausedMutations())
    paying.release(answer(201, { order: 1 }))
    expect(await clock.until(result)).toEqual({ order: 1 })
    expect(server.requests).toHaveLength(1)
  })
})

test('another payload than was executed is `changed`: no success, and no failure', async () => {
  const { mutation, server, clock } = shop([answer(201, { order: 1 })])
  await clock.until(mutation.mutate(cart))
  const { error } = await clock.until(ending(mutation.mutate({ ...cart, total: 5 })))
  expect(error).toMatchObject({ outcome: 'executed', reason: 'changed' })
  expect(mutationStatus(mutation.getCurrentResult())).toBe('changed')
  expect(server.requests).toHaveLength(1)
})

test('what a callback of the mutation threw is no proof that nothing happened', () => {
  expect(mutationStatus({ status: 'error', error: new Error('a toast') })).toBe('unknown')
})
