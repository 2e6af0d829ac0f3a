import { expect, test } from 'vitest'
import { bench, ending } from './bench/bench.ts'
import { answer } from './bench/scripted-server.ts'

const MINUTE_MS = 60_000

test('through ten minutes without a server, runs and watch of a client with 200 operations make at most 1.1 requests an operation', async () => {
  const { client, placeOrder, server, clock } = bench()
  const order = placeOrder({ persist: 'request' })
  server.always(answer(503))
  client.watch({ send: true })
  const ends = Array.from({ length: 200 }, (_, index) => ending(order.run({ id: `cart-${index}` })))
  await clock.advance(10 * MINUTE_MS)
  await Promise.all(ends)
  const during = (from: number, to: number) =>
    server.requests.filter(({ at }) => at >= from * MINUTE_MS && at < to * MINUTE_MS).length

  // The first sends, two retries at once, and one after 10, 30 and 70 s: as long as the runs last.
  expect(during(0, 2)).toBe(200 + 2 + 3)
  // One that asks for all.
  expect(during(2, 10)).toBeLessThanOrEqual(16)
  expect(server.requests.length / 200).toBeLessThanOrEqual(1.1)
})
