import { describe, expect, test } from 'vitest'
import { cart, ending } from '../api/bench/bench.ts'
import type { Cart } from '../api/bench/bench.ts'
import { answer, held } from '../api/bench/scripted-server.ts'
import { hook, shop } from './hook.ts'

describe('a call that makes no request, while another one is under way', () => {
  test('is refused; what goes on is shown to its end by everybody', async () => {
    const { placeOrder, server, clock } = shop()
    const order = placeOrder({
      redefine: true,
      request: (input: Cart) => {
        if (input.total === -1) throw new Error('no such total')
        return { method: 'post', url: 'orders', json: input }
      },
    })
    const paying = held()
    server.script(paying.reply)
    const [foot, header] = [hook(order, { restore: cart }), hook(order, { restore: cart })]
    foot.store.mutate(cart)
    await clock.settle()
    const { error } = await clock.until(ending(header.store.mutateAsync({ ...cart, total: -1 })))
    expect(error).toMatchObject({ code: 'configuration', outcome: 'unknown' })
    expect(foot.view().status).toBe('pending')
    expect(header.view()).toMatchObject({ status: 'unknown', error })

    paying.release(answer(201, { order: 1 }))
    await clock.settle()
    expect(foot.view()).toMatchObject({ status: 'success', data: { order: 1 } })
    header.store.reset()
    header.commit({ restore: { ...cart } })
    expect(foot.view().status).toBe('success')
  })
})
