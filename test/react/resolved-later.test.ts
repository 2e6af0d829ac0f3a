import { expect, test } from 'vitest'
import { cart } from '../api/bench/bench.ts'
import { answer, reset } from '../api/bench/scripted-server.ts'
import { hook, shop } from './hook.ts'

test('what a hook comes back to is told, once, when it is known what became of it', async () => {
  const { placeOrder, server, clock } = shop({ retry: { attempts: 1 }, deadline: 1_000 })
  const order = placeOrder({
    redefine: true,
    status: { request: ({ key }) => ({ url: `orders/by-key/${key}` }) },
  })
  server.script(reset)
  server.always(answer(503))
  const { store, told, commit, view } = hook(order, { restore: cart })
  store.mutate(cart)
  await clock.advance(2_000)
  expect(view().status).toBe('unknown')
  commit({ restore: { id: 'another' } })
  await clock.advance(2_000)
  commit({ restore: cart })
  await clock.advance(2_000)
  server.always(answer(200, { order: 9 }))
  await clock.advance(60_000)

  expect(view().status).toBe('success')
  expect(told).toEqual(['hook unknown', 'hook settled', 'hook resolved executed'])
})
