import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { openClient, TRANSPORTS } from './clients.ts'
import { ledgerShop } from './ledger-shops.ts'

/** So long the server is away. It is real time: what is tested is what sockets do meanwhile. */
const AWAY_MS = 20_000

const carts = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, index) => ({ id: `cart-${from + index}` }))

test.each(TRANSPORTS)(
  'over %s, a server that is killed and back after 20 s loses nothing, and does nothing twice',
  { timeout: 180_000 },
  async transport => {
    const shop = await ledgerShop()
    await shop.start()
    // As a client is by default: no limit of attempts, two minutes.
    const client = openClient(transport, shop.origin, { retry: {}, deadline: 120_000, timeout: 30_000 })
    const order = client.operation({
      name: 'place-order',
      id: (cart: { readonly id: string }) => cart.id,
      request: cart => ({ method: 'post', url: 'orders', json: cart }),
    })
    const press = (cart: { readonly id: string }) => order.start(cart).settled
    const before = carts(0, 20).map(press)
    await before[0]
    const ends = [...before, ...carts(20, 40).map(press)]
    await shop.kill()
    ends.push(...carts(40, 60).map(press))
    await sleep(AWAY_MS)
    await shop.start()

    const outcomes = (await Promise.all(ends)).map(({ outcome }) => outcome)
    expect(outcomes).toEqual(Array.from({ length: 60 }, () => 'executed'))
    const keys = shop.executions()
    expect(keys).toHaveLength(60)
    expect(new Set(keys).size).toBe(60)
  },
)
