import { expect, test } from 'vitest'
import { sentenceFor } from '../../examples/checkout/page/sentences.ts'
import { describe as described } from '../../src/client/describe.ts'
import { noKeys } from '../../src/profiles/no-keys.ts'
import { cart, ending } from '../api/bench/bench.ts'
import { answer, reset } from '../api/bench/scripted-server.ts'
import { hook, shop } from './hook.ts'

/*
 * Every reason, brought about by what brings it about in life, and what a page says then: the sentence of
 * docs/what-to-tell-the-user.md, which the checkout shows.
 */

type World = ReturnType<typeof shop>
type View = ReturnType<ReturnType<typeof hook>['view']>

/** What the page says after a press. */
async function pressed({ clock, order }: Pick<World, 'clock' | 'order'>, input = cart): Promise<View> {
  const { store, view } = hook(order)
  await clock.until(ending(store.mutateAsync(input)))
  await clock.settle()
  return view()
}

const PROBLEM = { 'content-type': 'application/problem+json' }

const CASES: readonly (readonly [reason: string, sentence: string, bring: () => Promise<View>])[] = [
  [
    'declined',
    'Not paid: Your card was declined.',
    async () => {
      const world = shop()
      world.server.script(answer(402, { message: 'Your card was declined.' }))
      return pressed(world)
    },
  ],
  [
    'changed',
    'An order with other contents was paid already.',
    async () => {
      const world = shop()
      world.server.script(answer(201, { order: 1 }))
      await world.clock.until(world.order.run(cart))
      return pressed(world, { ...cart, total: 7 })
    },
  ],
  [
    'conflict',
    'It has changed meanwhile. Please look again.',
    async () => {
      const world = shop()
      world.server.script(answer(409, { type: 'https://shop.test/moved', title: 'Moved' }, PROBLEM))
      return pressed(world)
    },
  ],
  [
    'sign-in',
    'Please sign in, then try again.',
    async () => {
      const world = shop()
      world.server.script(answer(401, { title: 'Who are you?' }))
      return pressed(world)
    },
  ],
  [
    'offline',
    'You are offline. Nothing was sent.',
    async () => {
      const world = shop({ profile: noKeys, deadline: 20_000 })
      world.runner.setOnline(false)
      return pressed(world)
    },
  ],
  [
    'no-storage',
    'Your browser does not let us store the order. Nothing was sent.',
    async () => {
      const world = shop()
      world.store.set = () => Promise.reject(new DOMException('no storage here', 'SecurityError'))
      return pressed(world)
    },
  ],
  [
    'unreachable',
    'We are checking whether it went through.',
    async () => {
      const world = shop({ deadline: 20_000 })
      world.server.always(reset)
      return pressed(world)
    },
  ],
  [
    'busy',
    'The shop is busy. Please try again shortly.',
    async () => {
      const world = shop({ deadline: 20_000 })
      world.server.always(answer(429, {}, { 'retry-after': '60' }))
      return pressed(world)
    },
  ],
  [
    'too-late',
    'We could not find out whether it went through. We will look into it.',
    async () => {
      const world = shop({ deadline: 20_000 })
      world.server.always(reset)
      await world.clock.until(ending(world.order.run(cart)))
      await world.clock.advance(86_400_000)
      return pressed(world)
    },
  ],
  [
    'unreadable',
    'Paid. The receipt will follow.',
    async () => {
      const world = shop()
      world.server.always(answer(201, { receipt: 'by mail' }))
      return pressed(world)
    },
  ],
  [
    'cancelled',
    'Cancelled.',
    async () => {
      const world = shop({ retry: { attempts: 1 }, deadline: 20_000 })
      const order = world.placeOrder({
        redefine: true,
        cancel: { request: ({ key }) => ({ method: 'delete', url: `orders/by-key/${key}` }) },
      })
      world.server.script(reset)
      world.server.always(answer(200, { status: 'canceled' }))
      const { store, view } = hook(order)
      await world.clock.until(ending(store.mutateAsync(cart)))
      await world.clock.until(order.cancel(cart))
      await world.clock.advance(5_000)
      return view()
    },
  ],
  [
    'mistake',
    'Something is wrong on our side. Nothing was sent.',
    async () => {
      const world = shop()
      const order = world.placeOrder({
        redefine: true,
        request: () => {
          throw new TypeError('cart.lines is undefined')
        },
      })
      return pressed({ ...world, order })
    },
  ],
]

test.each(CASES)('%s: %s', async (reason, sentence, bring) => {
  const view = await bring()
  expect(view.reason).toBe(reason)
  expect(sentenceFor({ ...view, outcome: view.outcome ?? 'unknown', reason: view.reason })).toBe(sentence)
})

const STATUS = { request: ({ key }: { readonly key: string }) => ({ url: `orders/by-key/${key}` }) }
const whoAreYou = answer(401, { title: 'Who are you?' })

// In a browser another delivery of what was answered 401 may have executed: the run asks.
test.each([
  ['a first 401', [whoAreYou]],
  ['a session that ended after a lost answer', [reset, whoAreYou]],
  ['a session that ended while the server was at work', [answer(202, {}), whoAreYou]],
])('sign-in beside a status request, %s: Please sign in', async (_, answers) => {
  const world = shop({ environment: 'other' })
  const order = world.placeOrder({ redefine: true, status: STATUS })
  world.server.script(...answers.slice(0, -1))
  world.server.always(answers.at(-1)!)
  const view = await pressed({ ...world, order })
  expect(view).toMatchObject({ outcome: 'unknown', reason: 'sign-in', can: ['sign-in', 'check'] })
  expect(sentenceFor({ ...view, outcome: 'unknown', reason: view.reason })).toBe(
    'Please sign in: we then check whether it went through.',
  )
  // Nobody has to wait for the deadline to read that.
  expect(world.clock.elapsed()).toBeLessThan(10_000)
  // Signed in, the page finds out by itself.
  world.server.always(answer(200, { order: 1 }))
  await world.clock.advance(60_000)
  expect(await order.inspect(cart)).toMatchObject({ outcome: 'executed' })
})

// The server tells everybody that it knows nothing of a key, and nobody but a customer what it does.
test.each([
  ['sign-in', 401, 1, 'Please sign in: we then check whether it went through.'],
  ['unreachable', 403, 3, 'We are checking whether it went through.'],
] as const)(
  '%s: a %i beside a status request that finds nothing ends the run long before its deadline',
  async (reason, status, sends, sentence) => {
    const world = shop({ environment: 'other' })
    const order = world.placeOrder({ redefine: true, status: STATUS })
    const isSend = ({ method }: { readonly method: string }) => method === 'POST'
    world.server.always(request => (isSend(request) ? answer(status, {}) : answer(404, {}))(request))
    const view = await pressed({ ...world, order })
    expect(view).toMatchObject({ outcome: 'unknown', reason })
    expect(sentenceFor({ ...view, outcome: 'unknown', reason: view.reason })).toBe(sentence)
    expect(world.server.requests.filter(isSend)).toHaveLength(sends)
    expect(world.clock.elapsed()).toBeLessThan(20_000)
  },
)

test('no-storage that cannot be read: nothing was sent by this call, whatever was before', async () => {
  const world = shop()
  world.store.get = () => Promise.reject(new DOMException('no storage here', 'SecurityError'))
  const view = await pressed(world)
  expect(view).toMatchObject({ outcome: 'unknown', reason: 'no-storage', nothingSent: true })
  expect(described(view.error!)).toMatchObject({ outcome: 'unknown', nothingSent: true })
  expect(view.error!.message).toContain('nothing was sent by this call')
  expect(sentenceFor({ ...view, outcome: 'unknown', reason: view.reason })).toBe(
    'Your browser does not let us look up whether it went through. Nothing was sent now.',
  )
  expect(world.server.requests).toEqual([])
})

test('no-storage after a send says nothing of what was sent', async () => {
  const world = shop({ deadline: 20_000, timeout: 1_000 })
  world.server.script(() => {
    world.store.get = () => Promise.reject(new DOMException('no storage here', 'SecurityError'))
    world.store.set = () => Promise.reject(new DOMException('no storage here', 'SecurityError'))
    throw new TypeError('fetch failed')
  })
  const view = await pressed(world)
  expect(view).toMatchObject({ outcome: 'unknown', reason: 'no-storage' })
  expect(view.nothingSent).toBeUndefined()
  expect(world.server.requests).toHaveLength(1)
})

test('aborted: We are checking whether it went through.', async () => {
  const { order, clock, server } = shop()
  server.always(() => new Promise(() => {}))
  const run = order.start(cart)
  await clock.advance(100)
  run.abort()
  const told = described(await clock.until(run.settled))
  expect(told.reason).toBe('aborted')
  expect(sentenceFor(told)).toBe('We are checking whether it went through.')
})
