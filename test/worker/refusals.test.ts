import { describe, expect, test } from 'vitest'
import { startWorker } from '../../src/worker/start-worker.ts'
import { answer, reset } from '../api/bench/scripted-server.ts'
import { definition, enqueueIn, leftOpen } from './bench/left-open.ts'

/* A server that refuses what a worker takes up, and refuses it again. */

const quiet = { stopOn: [] }
const HOUR_MS = 3_600_000
const { status: _, ...withoutStatus } = definition
const queued = {
  request: {
    url: 'https://shop.test/api/orders',
    headers: { 'content-type': 'application/json' },
    text: '{"id":"1"}',
    isQueued: true,
  },
}

async function refusing(status: number, base: typeof definition = withoutStatus) {
  const world = await leftOpen([], {}, {}, base)
  await enqueueIn(world.store, 'anna/1', queued)
  const told = () =>
    world.events.flatMap(event => (event.type === 'settled' ? [[event.outcome, event.code]] : []))
  const methods = () => world.asked().map(({ method }) => method)
  return { ...world, told, methods, refuse: () => world.server.always(answer(status, { code: 'bad' })) }
}

describe('what a server refuses after an attempt that may have executed', () => {
  test.each([400, 404, 422])(
    'is sent no more after six times, stays open, and is told once: %i',
    async status => {
      const { client, clock, server, told, methods, records, refuse } = await refusing(status)
      server.script(reset)
      refuse()
      const worker = startWorker(client, quiet)
      await clock.advance(HOUR_MS)

      expect(methods()).toEqual(['POST', 'POST', 'POST', 'POST', 'POST', 'POST', 'POST'])
      expect(told()).toEqual([['unknown', status === 422 ? 'payload-mismatch' : 'rejected']])
      expect(worker.health()).toMatchObject({ isHealthy: true, open: 1, refused: 1, left: 0 })
      expect(await records()).toMatchObject([{ state: 'pending', ambiguous: 1 }])
      await clock.until(worker.stop())
    },
  )

  test('is asked about where the server can be asked, and ends by what that says', async () => {
    const { client, clock, server, told, methods, refuse } = await refusing(400, definition)
    server.script(reset)
    refuse()
    const worker = startWorker(client, quiet)
    await clock.advance(HOUR_MS)
    expect(methods().filter(method => method === 'POST').length).toBeLessThanOrEqual(7)
    expect(told().length).toBeLessThanOrEqual(1)

    server.always(answer(200, { order: 9 }))
    await clock.advance(HOUR_MS)
    expect(methods().at(-1)).toBe('GET')
    expect(told().at(-1)).toEqual(['executed', undefined])
    await clock.until(worker.stop())
  })

  test('ends by `conclude`, and what is begun again is sent', async () => {
    const { client, clock, server, store, asked, process, refuse } = await refusing(400)
    server.script(reset)
    refuse()
    const worker = startWorker(client, quiet)
    await clock.advance(HOUR_MS)
    const order = process()
      .client.withScope('anna')
      .operation({ ...definition, redefine: true })
    await clock.until(order.byId('1').conclude({ outcome: 'not-executed' }))
    await clock.advance(10_000)
    expect(worker.health()).toMatchObject({ open: 0, refused: 0 })

    server.always(answer(201, { order: 9 }))
    await enqueueIn(store, 'anna/1', { ...queued, generation: 2, key: 'key-2' })
    await clock.advance(10_000)
    expect(asked().at(-1)?.key).toBe('key-2')
    await clock.until(worker.stop())
  })
})

test.each([409, 412])('a %i that says nothing of the operation is not asked for ever', async status => {
  const { client, clock, told, methods, records, refuse } = await refusing(status)
  refuse()
  const worker = startWorker(client, quiet)
  await clock.advance(HOUR_MS)

  expect(methods()).toEqual(['POST', 'POST', 'POST', 'POST', 'POST', 'POST'])
  expect(told()).toEqual([['unknown', 'conflict']])
  expect(worker.health()).toMatchObject({ open: 1, refused: 1, left: 1 })
  expect(await records()).toMatchObject([{ key: 'key-of-1', ambiguous: 0, request: { isQueued: true } }])
  await clock.until(worker.stop())
})

test.each([401, 403])(
  'who gets a %i may be let in later: it is sent on, told once, and seen',
  async status => {
    const { client, clock, server, told, methods, refuse } = await refusing(status)
    refuse()
    const worker = startWorker(client, quiet)
    await clock.advance(HOUR_MS)
    expect(methods().length).toBeGreaterThan(10)
    expect(told()).toEqual([['unknown', 'rejected']])
    expect(worker.health()).toMatchObject({ open: 1, refused: 1, left: 0 })

    server.always(answer(201, { order: 9 }))
    await clock.advance(600_000)
    expect(worker.health()).toMatchObject({ open: 0, refused: 0, ended: { executed: 1 } })
    await clock.until(worker.stop())
  },
)

test('a server that is busy or down refuses nothing', async () => {
  const { client, clock, server, told, methods } = await refusing(400)
  server.always(answer(429))
  const worker = startWorker(client, quiet)
  await clock.advance(HOUR_MS)
  expect(methods().length).toBeGreaterThan(10)
  expect(told()).toEqual([])
  expect(worker.health()).toMatchObject({ open: 1, refused: 0 })
  await clock.until(worker.stop())
})
