import { describe, expect, test } from 'vitest'
import { enqueue } from '../../src/client/stored/enqueue.ts'
import { noKeys } from '../../src/profiles/no-keys.ts'
import type { RecordStore } from '../../src/public/store.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import type { StoredShape } from './bench/bench.ts'
import { bench, cart } from './bench/bench.ts'
import { answer, held, refusedConnection, reset } from './bench/scripted-server.ts'
import { START } from './bench/trial-runner.ts'

/* Somebody writes the record between two steps of a run, and takes nothing from the run: `enqueue`, or `clear`. */

// Whoever first enqueues loads it: no test's time depends on that.
await import('../../src/client/stored/enqueue-record.ts')

const nowhere = { query: async () => ({ rows: [] }) }

/** A world in which `between` is called once, before the run's so manieth read or write. */
function overtaken(place: number, options: Parameters<typeof bench>[0] = {}) {
  const kept = memoryStore({ now: () => START })
  const within = { ...kept, fail: async () => {} }
  let between = async () => {}
  let count = 0
  const come = async () => {
    if (++count !== place) return
    await between()
  }
  const store: RecordStore = {
    ...kept,
    within: () => within,
    get: key => come().then(() => kept.get(key)),
    set: (key, value, how) => come().then(() => kept.set(key, value, how)),
  }
  const world = bench({ store, timeout: 30_000, deadline: 2_000, ...options })
  const other = world.another({ ...options, store: { ...kept, within: () => within } })
  const queued = other.placeOrder({ persist: 'request' })
  return {
    ...world,
    other,
    order: world.placeOrder({ persist: 'request' }),
    begin: (what: () => Promise<unknown>) => {
      between = async () => void (await what())
      return () => count >= place
    },
    enqueue: () => enqueue(nowhere, queued, cart),
    clear: () => other.client.clear(),
  }
}

const places = [1, 2, 3, 4, 5, 6]

describe.each(places)('before its step %i', place => {
  describe.each(['enqueue', 'clear', 'both'] as const)('%s', by => {
    test('leaves no lease of a run that has ended, and no doubt about what never left', async () => {
      const world = overtaken(place, { profile: noKeys, retry: { attempts: 2 } })
      const { server, clock, order, other, record } = world
      const hasCome = world.begin(async () => {
        if (by !== 'clear') await world.enqueue()
        if (by !== 'enqueue') await world.clear()
      })
      server.always(refusedConnection)
      const end = await clock.until(order.start(cart).settled)
      if (!hasCome()) return
      const { lease, inFlight, sent = 0, ambiguous = 0 }: Partial<StoredShape> = (await record()) ?? {}
      expect({ lease, inFlight, sent, ambiguous }).toEqual({ sent: 0, ambiguous: 0 })
      if (by !== 'enqueue') return

      expect(end.outcome).toBe('unknown')
      server.always(answer(201, { order: 9 }))
      const before = server.requests.length
      expect(await clock.until(other.client.resume({ send: true }))).toMatchObject([{ outcome: 'executed' }])
      expect(server.requests.length).toBe(before + 1)
    })
  })

  test('enqueue leaves no lease of a run that was stopped in the air, and its attempt in doubt', async () => {
    const world = overtaken(place)
    const { server, clock, order, other, record } = world
    const hasCome = world.begin(world.enqueue)
    const never = held()
    server.script(reset, never.reply)
    const stopping = new AbortController()
    const run = order.start(cart, { signal: stopping.signal })
    await clock.advance(1_000)
    stopping.abort()
    await clock.until(run.settled)
    await clock.advance(5_000)
    if (!hasCome()) return
    expect(await record()).toMatchObject({ state: 'pending', request: { isQueued: true } })
    expect(await record()).not.toHaveProperty('lease')

    server.always(answer(201, { order: 9 }))
    expect(await clock.until(other.client.resume({ send: true }))).toMatchObject([{ outcome: 'executed' }])
  })

  test('enqueue leaves a run that goes on its operation: what its server is at work on is asked about', async () => {
    const world = overtaken(place)
    const { server, clock, order, record, events } = world
    world.begin(world.enqueue)
    server.script(answer(202, undefined, { location: '/api/jobs/7' }))
    server.always(answer(200, { order: 9 }))
    expect(await clock.until(order.run(cart))).toEqual({ order: 9 })
    expect(server.requests.map(({ method }) => method)).toEqual(['POST', 'GET'])
    expect(await record()).toMatchObject({ state: 'succeeded', ambiguous: 1 })
    expect(events.filter(({ type }) => type === 'claim-lost').length).toBeLessThanOrEqual(1)
  })
})
