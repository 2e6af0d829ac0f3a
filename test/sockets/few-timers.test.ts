import { expect, it } from 'vitest'
import { createClient, ietf, memoryStore } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'

it('in Node a hundred calls in the air share two timers of the platform', async () => {
  const answer: (() => void)[] = []
  const client = createClient({
    transport: fetchTransport({
      baseUrl: 'http://shop.test/',
      fetch: () => new Promise(resolve => answer.push(() => resolve(Response.json({ order: 1 })))),
    }),
    store: memoryStore(),
    scope: 'user-7',
    profile: ietf,
  })
  const place = client.operation({
    name: 'place',
    id: (number: number) => number,
    request: number => ({ method: 'post', url: 'orders', json: { number } }),
  })
  // The first one waits for code, and has less time left.
  const first = place.run(0)
  while (answer.length < 1) await new Promise(setImmediate)
  const before = timersAtWork()
  const calls = [first, ...Array.from({ length: 100 }, (_, number) => place.run(number + 1))]
  while (answer.length < 101) await new Promise(setImmediate)
  // A busy test runner sets some of its own, which end soon; those of the calls stay for 30 s.
  const untilMs = performance.now() + 2_000
  while (timersAtWork() - before > 2 && performance.now() < untilMs) await new Promise(setImmediate)
  expect(timersAtWork() - before).toBeLessThanOrEqual(2)
  for (const give of answer) give()
  expect(await Promise.all(calls)).toHaveLength(101)
  await client.close()
})

function timersAtWork(): number {
  return process.getActiveResourcesInfo().filter(resource => resource === 'Timeout').length
}
