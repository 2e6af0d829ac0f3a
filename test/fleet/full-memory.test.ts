import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createClient as connectRedis } from 'redis'
import { expect, onTestFinished, test } from 'vitest'
import { createClient } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { ietf } from '../../src/profiles/ietf.ts'
import { redisStore } from '../../src/stores/redis/redis-store.ts'
import { startRedis } from './harness/redis-server.ts'

/* Redis has no memory left, with `noeviction`: nothing is sent that is not stored, and what was sent is known all the same. */

test('without memory nothing is sent, and with memory again everything goes on', async () => {
  const server = await startRedis(['--maxmemory', '64mb'])
  onTestFinished(server.stop)
  const redis = await connectRedis({ url: server.url })
    .on('error', () => {})
    .connect()
  onTestFinished(() => redis.close())
  const store = redisStore(redis)

  let isFullAfterwards = false
  const requests: unknown[] = []
  const answers = new Set<unknown>()
  const payments = createServer((request, response) => {
    const key = request.headers['idempotency-key']
    requests.push(key)
    answers.add(key)
    const full = isFullAfterwards ? redis.configSet('maxmemory', '2mb') : Promise.resolve()
    void full.then(() => {
      response.writeHead(201, { 'content-type': 'application/json' })
      response.end('{"charge":"ch_1"}')
    })
  }).listen(0, '127.0.0.1')
  await once(payments, 'listening')
  onTestFinished(() => {
    payments.close()
    payments.closeAllConnections()
  })
  const { port } = payments.address() as AddressInfo
  const clientOf = () =>
    createClient({
      transport: fetchTransport({ baseUrl: `http://127.0.0.1:${port}/` }),
      store,
      scope: 'full',
      profile: ietf,
      timeout: 2_000,
      deadline: 5_000,
    })
  const payWith = (client: ReturnType<typeof clientOf>) =>
    client.operation<{ order: string }>({
      name: 'pay',
      id: ({ order }) => order,
      request: input => ({ method: 'post', url: 'payments', json: input }),
    })
  const client = clientOf()
  const pay = payWith(client)

  const kept = await store.set('kept', 'x', { expected: null, open: true })
  await redis.set('filling', 'x'.repeat(4_000_000))
  await redis.configSet('maxmemory', '2mb')
  await expect(store.set('more', 'x', { expected: null, open: true })).rejects.toMatchObject({
    kind: 'failed',
    reason: 'full',
  })
  expect(await store.get('kept')).toEqual({ value: 'x', version: kept })
  const refused = await pay.start({ order: 'a' }).settled
  expect(refused).toMatchObject({
    outcome: 'not-executed',
    error: { code: 'store-failed', reason: 'no-storage' },
  })
  expect(requests).toEqual([])

  // Full from the moment on at which the server has executed it.
  await redis.configSet('maxmemory', '64mb')
  isFullAfterwards = true
  const executed = await pay.start({ order: 'a' }).settled
  expect(executed).toMatchObject({ outcome: 'executed', data: { charge: 'ch_1' } })
  await client.close()

  isFullAfterwards = false
  await redis.configSet('maxmemory', '64mb')
  const another = clientOf()
  const again = await payWith(another).start({ order: 'a' }).settled
  expect(again).toMatchObject({ outcome: 'executed', data: { charge: 'ch_1' } })
  expect(answers.size).toBe(1)
  await another.close()
})
