import { MutationObserver, QueryClient, onlineManager } from '@tanstack/react-query'
import { afterEach, describe, expect, test } from 'vitest'
import { mutationOptions, mutationStatus } from '../../src/entries/react.ts'
import { bench, cart, ending } from '../api/bench/bench.ts'
import type { Reply } from '../api/bench/scripted-server.ts'
import { answer, reset } from '../api/bench/scripted-server.ts'

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

test('what a callback of the mutation threw is no proof that nothing happened', () => {
  expect(mutationStatus({ status: 'error', error: new Error('a toast') })).toBe('unknown')
})
