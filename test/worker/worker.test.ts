import { describe, expect, test, vi } from 'vitest'
import { startWorker } from '../../src/worker/start-worker.ts'
import type { RecordStore } from '../../src/public/store.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { bench } from '../api/bench/bench.ts'
import { answer, held, refusedConnection } from '../api/bench/scripted-server.ts'
import { START } from '../api/bench/trial-runner.ts'
import { definition, enqueueIn, leftOpen } from './bench/left-open.ts'

const quiet = { stopOn: [] }

describe('a worker', () => {
  test('goes on with what is open, of all scopes', async () => {
    const { client, clock, server, asked } = await leftOpen(['anna/1', 'bert/2', 'anna/3'])
    server.always(answer(201, { order: 9 }))
    const worker = startWorker(client, quiet)
    await clock.advance(100)

    expect(asked().map(({ method, body }) => [method, body])).toEqual([
      ['POST', '{"id":"1"}'],
      ['POST', '{"id":"2"}'],
      ['POST', '{"id":"3"}'],
    ])
    expect(await clock.until(client.pending({ scope: 'all' }))).toEqual([])
    expect(worker.health()).toMatchObject({
      takenUp: 3,
      ended: { executed: 3, 'not-executed': 0, unknown: 0 },
    })
    await clock.until(worker.stop())
  })

  test('only asks where it may not send', async () => {
    const { client, clock, server, asked } = await leftOpen(['anna/1'])
    server.always(answer(200, { order: 9 }))
    const worker = startWorker(client, { ...quiet, send: false })
    await clock.advance(100)

    expect(asked().map(({ method }) => method)).toEqual(['GET'])
    await clock.until(worker.stop())
  })

  test('sends what was enqueued and never sent, under its key', async () => {
    const { client, clock, server, store, asked } = await leftOpen([])
    await enqueueIn(store, 'anna/1')
    server.always(answer(201, { order: 9 }))
    const worker = startWorker(client, quiet)
    await clock.advance(100)

    expect(asked().map(({ method, key }) => [method, key])).toEqual([['POST', 'key-of-1']])
    await clock.until(worker.stop())
  })

  test('goes on sending what could not be sent: that nothing left is no end of it', async () => {
    const { client, clock, server, store, asked, events, records } = await leftOpen([])
    await enqueueIn(store, 'anna/1')
    server.script(refusedConnection, answer(401), answer(503))
    server.always(answer(201, { order: 9 }))
    const worker = startWorker(client, quiet)
    await clock.advance(60_000)

    expect(asked().map(({ key }) => key)).toEqual(['key-of-1', 'key-of-1', 'key-of-1', 'key-of-1'])
    expect(await records()).toMatchObject([{ state: 'succeeded', key: 'key-of-1' }])
    expect(events.flatMap(event => (event.type === 'settled' ? [event.outcome] : []))).toEqual(['executed'])
    expect(worker.health().ended).toEqual({ executed: 1, 'not-executed': 0, unknown: 3 })
    await clock.until(worker.stop())
  })

  test('takes up at once what was begun again under a new key, whatever pause the one before had', async () => {
    const { client, clock, server, store, asked, process } = await leftOpen([])
    await enqueueIn(store, 'anna/1')
    server.always(answer(401))
    const worker = startWorker(client, quiet)
    await clock.advance(600_000)
    const order = process()
      .client.withScope('anna')
      .operation({ ...definition, redefine: true })
    await clock.until(order.byId('1').conclude({ outcome: 'not-executed' }))
    await enqueueIn(store, 'anna/1', { generation: 2, key: 'key-2', createdAt: START + clock.elapsed() })
    server.always(answer(201, { order: 9 }))
    const before = asked().length
    await clock.advance(5_000)

    expect(
      asked()
        .slice(before)
        .map(({ key }) => key),
    ).toEqual(['key-2'])
    await clock.until(worker.stop())
  })

  test('a refusal that is proof ends it', async () => {
    const { client, clock, server, store } = await leftOpen([])
    await enqueueIn(store, 'anna/1')
    server.always(answer(400, { code: 'bad' }))
    const worker = startWorker(client, quiet)
    await clock.advance(60_000)

    expect(worker.health().ended).toEqual({ executed: 0, 'not-executed': 1, unknown: 0 })
    await clock.until(worker.stop())
  })

  test('leaves what was never sent to those who were told so, and what is too old', async () => {
    const { client, clock, server, store, asked } = await leftOpen([])
    await enqueueIn(store, 'anna/told', { request: undefined })
    await enqueueIn(store, 'anna/old', { createdAt: START - 900_001 })
    server.always(answer(201, { order: 9 }))
    const worker = startWorker(client, quiet)
    await clock.advance(60_000)

    expect(asked()).toEqual([])
    expect(worker.health()).toMatchObject({ open: 2, left: 2, takenUp: 0, oldestAt: START - 900_001 })
    await clock.until(worker.stop())
  })

  test('passes by what has no definition, and what cannot be understood', async () => {
    const { client, clock, server, store, asked } = await leftOpen(['anna/1', 'bert/2'])
    await store.set('so1/anna/place-order/x', '{"v":', { expected: null, open: true })
    server.always(answer(201, { order: 9 }))
    const worker = startWorker(bench({ store }).client, quiet)
    const own = startWorker(client, quiet)
    await clock.advance(10_000)

    expect(asked()).toHaveLength(2)
    expect(own.health()).toMatchObject({ open: 1, unknown: 1 })
    await clock.until(own.stop())
    void worker.stop()
  })

  test('a record with an id that no operation can have ends neither the worker nor a list', async () => {
    const { client, clock, server, store, asked } = await leftOpen([])
    await enqueueIn(store, 'anna/1')
    const own = await store.get('so1/anna/place-order/%5C%221%5C%22')
    const trap = own!.value.replace('"id":"1"', '"id":1e999')
    await store.set('so1/anna/place-order/0', trap, { expected: null, open: true })
    const worker = startWorker(client, { ...quiet, send: false })
    await clock.advance(10_000)
    expect(worker.health()).toMatchObject({ open: 2, unknown: 1 })
    await clock.until(worker.stop())

    expect(await clock.until(client.pending({ scope: 'all' }))).toHaveLength(2)
    server.always(answer(201, { order: 9 }))
    const resumed = await clock.until(client.resume({ scope: 'all', send: true }))
    expect(resumed.map(({ outcome }) => outcome).toSorted()).toEqual(['executed', 'skipped'])
    expect(asked()).toHaveLength(1)
  })

  test('what is put off still counts as open since it was begun', async () => {
    const { client, clock, server, store } = await leftOpen([])
    await enqueueIn(store, 'anna/1')
    server.always(refusedConnection)
    const worker = startWorker(client, quiet)
    const seen = new Set<number | undefined>()
    for (let turn = 0; turn < 20; turn += 1) {
      await clock.advance(10_000)
      seen.add(worker.health().oldestAt)
    }

    expect([...seen]).toEqual([START])
    await clock.until(worker.stop())
  })

  test('all that is open counts, of a scope that is longer than a batch too', async () => {
    const { client, clock, store } = await leftOpen([])
    for (let id = 0; id < 12; id += 1) await enqueueIn(store, `anna/${id}`, { request: undefined })
    const worker = startWorker(client, { ...quiet, batchSize: 5 })
    const seen = new Set<number | undefined>()
    for (let turn = 0; turn < 10; turn += 1) {
      await clock.advance(1_000)
      seen.add(worker.health().open)
    }

    expect([...seen]).toEqual([12])
    await clock.until(worker.stop())
  })

  test('what is open still is taken up again, with pauses that grow to five minutes', async () => {
    const { client, clock, server, asked } = await leftOpen(['anna/1'], {}, { persist: 'key' })
    server.always(answer(404))
    const worker = startWorker(client, { ...quiet, idle: { min: 400, max: 400 } })
    await clock.advance(1_000_000)
    const times = asked().map(({ at }) => at)
    const pauses = times.slice(1).map((at, index) => Math.floor((at - times[index]!) / 1_000))

    // In the middle of the jitter: three quarters of 2 s, 4 s, ... 300 s.
    expect(pauses).toEqual([1, 3, 6, 12, 24, 48, 96, 192, 225, 225])
    await clock.until(worker.stop())
  })

  test('a server that asked to be left alone is', async () => {
    const { client, clock, server, asked } = await leftOpen(['anna/1'])
    server.script(answer(503, undefined, { 'retry-after': '30' }))
    server.always(answer(201, { order: 9 }))
    const worker = startWorker(client, quiet)
    await clock.advance(29_000)
    expect(asked()).toHaveLength(1)
    await clock.advance(10_000)
    expect(asked()).toHaveLength(2)
    await clock.until(worker.stop())
  })

  test('is woken by a call of this process', async () => {
    const { client, clock, server, store, asked } = await leftOpen([])
    const order = client.withScope('anna').operation({ ...definition, redefine: true })
    server.always(answer(201, { order: 9 }))
    const worker = startWorker(client, { ...quiet, idle: { min: 5_000, max: 5_000 } })
    await clock.advance(10)
    await enqueueIn(store, 'anna/1')
    await clock.advance(10)
    expect(asked()).toEqual([])
    await clock.until(order.byId('2').conclude({ outcome: 'executed', begin: true }))
    await clock.advance(10)

    expect(asked()).toHaveLength(1)
    await clock.until(worker.stop())
  })
})

describe('its concurrency', () => {
  test('bounds what is under way at once', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `anna/${index}`)
    const { client, clock, server, asked } = await leftOpen(names)
    const word = held()
    server.always(word.reply)
    const worker = startWorker(client, { ...quiet, concurrency: 4 })
    await clock.advance(100)

    expect(asked()).toHaveLength(4)
    expect(worker.health()).toMatchObject({ underWay: 4, takenUp: 4 })
    word.release(answer(201, { order: 9 }))
    await clock.advance(100)
    expect(asked()).toHaveLength(20)
    await clock.until(worker.stop())
  })
})

describe('fairness', () => {
  test('a customer with one operation does not wait behind the 40 of another', async () => {
    const many = Array.from({ length: 40 }, (_, index) => `anna/${index}`)
    const { client, clock, server, asked } = await leftOpen([...many, 'bert/1'])
    server.always(answer(201, { order: 9 }))
    const worker = startWorker(client, { ...quiet, concurrency: 1 })
    await clock.advance(1_000)

    expect(asked()).toHaveLength(41)
    expect(asked().findIndex(({ body }) => body === '{"id":"1"}')).toBeLessThan(3)
    expect(
      asked()
        .slice(0, 4)
        .map(({ body }) => body),
    ).toEqual(['{"id":"0"}', '{"id":"1"}', '{"id":"1"}', '{"id":"2"}'])
    await clock.until(worker.stop())
  })
})

describe('a server that is down', () => {
  test('makes no worker unhealthy, however long one request may wait for it', async () => {
    const { client, clock, server, store } = await leftOpen([], { timeout: 200_000, deadline: 400_000 })
    await enqueueIn(store, 'anna/1')
    server.always(held().reply)
    const worker = startWorker(client, { ...quiet, concurrency: 1 })
    for (let turn = 0; turn < 30; turn += 1) {
      await clock.advance(10_000)
      expect(worker.health().isHealthy).toBe(true)
    }
    void worker.stop()
    await clock.advance(20_000)
  })

  test('is tried by one operation at a time, for all, and all go on when it is back', async () => {
    const names = ['anna/1', 'anna/2', 'anna/3', 'bert/4', 'bert/5']
    const { client, clock, server, asked } = await leftOpen(names)
    server.always(answer(503))
    const worker = startWorker(client, { ...quiet, concurrency: 4 })
    await clock.advance(600_000)

    expect(asked().length).toBeLessThan(22)
    expect(worker.health()).toMatchObject({ isHealthy: true, serversDown: 1 })
    server.always(answer(201, { order: 9 }))
    await clock.advance(70_000)
    expect(await clock.until(client.pending({ scope: 'all' }))).toEqual([])
    await clock.until(worker.stop())
  })
})

describe('a store that fails', () => {
  test('is tried again after pauses, and shows in the figures', async () => {
    const kept = memoryStore()
    let fails = false
    let looks = 0
    const store: RecordStore = {
      ...kept,
      async *listOpen(prefix) {
        looks += 1
        if (fails) throw new Error('away')
        yield* kept.listOpen(prefix)
      },
    }
    const { client, clock, server, asked } = await leftOpen(['anna/1'], { store })
    fails = true
    server.always(answer(201, { order: 9 }))
    const worker = startWorker(client, quiet)
    await clock.advance(59_000)
    expect(worker.health()).toMatchObject({ isHealthy: true, lookedAt: undefined })
    await clock.advance(2_000)
    expect(worker.health()).toMatchObject({ isHealthy: false, state: 'running' })
    expect(looks).toBeLessThan(12)
    fails = false
    await clock.advance(20_000)

    expect(asked()).toHaveLength(1)
    expect(worker.health()).toMatchObject({ isHealthy: true, storeFailures: 0 })
    await clock.until(worker.stop())
  })
})

describe('two workers', () => {
  test('send each operation once', async () => {
    const names = Array.from({ length: 50 }, (_, index) => `anna/${index}`)
    const { client, clock, server, process, asked } = await leftOpen(names)
    server.always(answer(201, { order: 9 }))
    const workers = [startWorker(client, quiet), startWorker(process().client, quiet)]
    await clock.advance(10_000)

    expect(asked()).toHaveLength(50)
    expect(await clock.until(client.pending({ scope: 'all' }))).toEqual([])
    // What the other one has ended is none of those that are still open.
    expect(workers.map(worker => worker.health().ended.unknown)).toEqual([0, 0])
    for (const worker of workers) await clock.until(worker.stop())
  })

  test('ask about what stays open no more often than one', async () => {
    const counts: number[] = []
    for (const count of [1, 3]) {
      const { clock, server, process, asked } = await leftOpen(['anna/1'], {}, { persist: 'key' })
      server.always(answer(404))
      const workers = Array.from({ length: count }, () => startWorker(process().client, quiet))
      await clock.advance(600_000)
      counts.push(asked().length)
      for (const worker of workers) await clock.until(worker.stop())
    }
    const [alone = 0, together = 0] = counts
    expect(together).toBeLessThan(alone * 1.7)
  })
})

describe('a worker that is stopped', () => {
  test('takes nothing up any more, and lets what is under way end', async () => {
    const { client, clock, server, asked } = await leftOpen(['anna/1', 'anna/2'])
    const word = held()
    server.always(word.reply)
    const worker = startWorker(client, { ...quiet, concurrency: 1 })
    await clock.advance(100)
    const stopping = worker.stop()
    await clock.advance(1_000)
    expect(worker.health()).toMatchObject({ state: 'stopping', isHealthy: true })
    word.release(answer(201, { order: 9 }))

    expect(await clock.until(stopping)).toEqual({ finished: 1, freed: 0, left: 0 })
    expect(asked()).toHaveLength(1)
    expect(worker.health()).toMatchObject({ state: 'stopped', isHealthy: false, ended: { executed: 1 } })
    await clock.advance(600_000)
    expect(asked()).toHaveLength(1)
    expect(clock.timerCount()).toBe(0)
  })

  test('frees what is in the air, so that another takes over at once', async () => {
    const { client, clock, server, process, asked, records } = await leftOpen(['anna/1'])
    const word = held()
    server.script(word.reply)
    server.always(answer(201, { order: 9 }))
    const worker = startWorker(client, { ...quiet, shutdownWithin: 1_000 })
    await clock.advance(100)
    const begun = clock.elapsed()
    expect(await clock.until(worker.stop())).toEqual({ finished: 0, freed: 1, left: 0 })
    expect(clock.elapsed() - begun).toBe(1_500)
    expect(await records()).toMatchObject([{ state: 'pending', inFlight: { runner: 'runner-2' } }])
    expect((await records())[0]).not.toHaveProperty('lease')

    const next = startWorker(process().client, quiet)
    await clock.advance(10)
    expect(asked().map(({ key }) => key)).toEqual(['key-1', 'key-1'])
    expect(await records()).toMatchObject([{ state: 'succeeded' }])
    word.release(answer(201, { order: 9 }))
    await clock.advance(1_000)
    expect(await records()).toMatchObject([{ state: 'succeeded' }])
    await clock.until(next.stop())
  })

  test('says what it could not free', async () => {
    const kept = memoryStore()
    let fails = false
    const store: RecordStore = {
      ...kept,
      get: async key => {
        if (fails) throw new Error('away')
        return kept.get(key)
      },
    }
    const { client, clock, server } = await leftOpen(['anna/1'], { store })
    const word = held()
    server.always(word.reply)
    const worker = startWorker(client, { ...quiet, shutdownWithin: 0 })
    await clock.advance(100)
    fails = true

    expect(await clock.until(worker.stop())).toEqual({ finished: 0, freed: 0, left: 1 })
  })

  test('is one that was stopped by the end of its client', async () => {
    const { client, clock } = await leftOpen([])
    const worker = startWorker(client, quiet)
    await clock.advance(100)
    await clock.until(client.close())

    expect(await clock.until(worker.stopped)).toEqual({ finished: 0, freed: 0, left: 0 })
    expect(() => startWorker(client)).toThrow('startWorker.client: must be a client that was not closed')
  })
})

describe('mistakes', () => {
  test.each([
    [{ concurrency: 0 }, 'startWorker.concurrency: must be a whole number from 1 to 10000'],
    [{ batchSize: 1.5 }, 'startWorker.batchSize: must be a whole number'],
    [{ idle: { min: 10, max: 5 } }, 'startWorker.idle.min: must not be greater than max'],
    [{ idle: { max: 40_000 } }, 'startWorker.unhealthyAfter: must be at least twice `idle.max`'],
    [{ again: { least: 5 } }, 'startWorker.again.least'],
    [{ stopOn: 'SIGTERM' }, 'startWorker.stopOn: must be a list of signals'],
    [{ stopOn: ['SIGKILL'] }, 'startWorker.stopOn: must be a list of signals that a process can get'],
    [{ stopOn: ['SIGTREM'] }, 'startWorker.stopOn: must be a list of signals that a process can get'],
    [{ shutdownWithinMs: 5 }, 'startWorker.shutdownWithinMs: there is no such option'],
    [{ send: 1 }, 'startWorker.send: must be true or false'],
  ])('%j is told', (options, message) => {
    const { client } = bench()
    expect(() => startWorker(client, options as object)).toThrow(message)
  })

  test('what is no client is told', () => {
    expect(() => startWorker({} as never)).toThrow('startWorker.client: must be a client of `createClient`')
  })

  test('a page has no worker', () => {
    vi.stubGlobal('document', {})
    try {
      expect(() => startWorker(bench().client, quiet)).toThrow("startWorker.scope: 'all' is for services")
    } finally {
      vi.unstubAllGlobals()
    }
  })
})
