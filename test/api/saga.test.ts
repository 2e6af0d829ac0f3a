import { describe, expect, test } from 'vitest'
import { runSaga } from '../../examples/saga/saga.ts'
import { tripSteps } from '../../examples/saga/trip.ts'
import { stillonce } from '../../src/profiles/stillonce.ts'
import type { TrialClient } from './bench/bench.ts'
import { bench } from './bench/bench.ts'
import type { Reply } from './bench/scripted-server.ts'
import { answer, reset } from './bench/scripted-server.ts'

/** A server that executes once for each key, and what it executed. */
function providers() {
  const ledger: string[] = []
  const answers = new Map<string, Reply>()
  const moods = new Map<string, 'declines' | 'mute'>()
  const reply: Reply = request => {
    const [part = '', what] = new URL(request.url).pathname.split('/').slice(2)
    const did = what === 'bookings' ? 'booked' : 'cancelled'
    const isDeclined = did === 'booked' && moods.get(part) === 'declines'
    const before = answers.get(request.key ?? '')
    if (before === undefined) {
      ledger.push(`${part} ${isDeclined ? 'declined' : did}`)
      const first = isDeclined ? answer(402, {}) : answer(201, { number: 1 })
      answers.set(request.key ?? '', isDeclined ? answer(402, {}, { 'idempotent-replayed': 'true' }) : first)
      if (moods.get(part) === 'mute') return reset(request)
      return first(request)
    }
    return moods.get(part) === 'mute' ? reset(request) : before(request)
  }
  return { ledger, moods, reply }
}

const DONE = ['flight booked', 'hotel booked', 'car booked']
const UNDONE = ['flight booked', 'hotel booked', 'car declined', 'hotel cancelled', 'flight cancelled']

const trip = { id: 'trip-1' }
const steps = new WeakMap<TrialClient, ReturnType<typeof tripSteps>>()

function saga(process: TrialClient): ReturnType<typeof runSaga> {
  const made = steps.get(process) ?? tripSteps(process.client)
  steps.set(process, made)
  return runSaga(made, trip)
}

/** A process that stands still at its nth event for ever, and another one that takes the saga up. */
async function killedAt(nth: number, moods: Readonly<Record<string, 'declines'>>) {
  const { ledger, moods: set, reply } = providers()
  for (const [part, mood] of Object.entries(moods)) set.set(part, mood)
  let events = 0
  const world = bench({
    profile: stillonce,
    onEvent: () => {
      events += 1
      if (events === nth) world.runner.freeze()
    },
  })
  world.server.always(reply)
  void saga(world)
  await world.clock.advance(5_000)
  const there = world.another({ profile: stillonce })
  let end = await world.clock.until(saga(there))
  // A refusal that no replay confirms may be another delivery's: the server says the same again under the key.
  if (end.kind === 'waiting') end = await world.clock.until(saga(there))
  return { end, ledger, events }
}

describe('a saga', () => {
  test('stops at each event, and another process takes it up: all three, each once', async () => {
    for (let nth = 1; nth <= 12; nth += 1) {
      const { end, ledger, events } = await killedAt(nth, {})
      expect(events, `event ${nth}`).toBeGreaterThanOrEqual(nth)
      expect([end, ledger], `event ${nth}`).toEqual([{ kind: 'done' }, DONE])
    }
  })

  test('one is refused: each executed one is undone, once, wherever it stops', async () => {
    for (let nth = 1; nth <= 20; nth += 1) {
      const { end, ledger, events } = await killedAt(nth, { car: 'declines' })
      expect(events, `event ${nth}`).toBeGreaterThanOrEqual(nth)
      expect([end, ledger], `event ${nth}`).toEqual([{ kind: 'undone', because: 'car' }, UNDONE])
    }
  })

  test('a step of which nobody knows waits: nothing is undone before it is known', async () => {
    for (const [later, end, told] of [
      [undefined, { kind: 'done' }, DONE],
      [
        'declines',
        { kind: 'undone', because: 'hotel' },
        ['flight booked', 'hotel declined', 'flight cancelled'],
      ],
    ] as const) {
      const { ledger, moods, reply } = providers()
      const world = bench({ profile: stillonce, deadline: 10_000 })
      // It refuses or books, and its answers are lost.
      world.server.always(request => {
        if (later === undefined || !request.url.includes('hotel/bookings')) return reply(request)
        moods.set('hotel', 'declines')
        const given = reply(request)
        return isLost ? reset(request) : given
      })
      let isLost = true
      if (later === undefined) moods.set('hotel', 'mute')
      expect(await world.clock.until(saga(world))).toEqual({ kind: 'waiting', step: 'hotel' })
      expect(ledger.filter(line => line.endsWith('cancelled'))).toEqual([])
      expect(ledger.filter(line => line.startsWith('car'))).toEqual([])

      isLost = false
      moods.delete('hotel')
      expect(await world.clock.until(saga(world.another({ profile: stillonce })))).toEqual(end)
      expect(ledger).toEqual(told)
    }
  })

  test('an undo of which nobody knows waits too, and the step is not begun again meanwhile', async () => {
    const { ledger, moods, reply } = providers()
    moods.set('car', 'declines')
    const world = bench({ profile: stillonce, deadline: 10_000 })
    let isLost = true
    world.server.always(request =>
      isLost && request.url.includes('hotel/cancellations') ? reset(request) : reply(request),
    )
    expect(await world.clock.until(saga(world))).toEqual({ kind: 'waiting', step: 'undo hotel' })

    // The car could be had now; the saga goes back all the same.
    moods.delete('car')
    isLost = false
    expect(await world.clock.until(saga(world.another({ profile: stillonce })))).toEqual({
      kind: 'undone',
      because: 'car',
    })
    expect(ledger).toEqual(UNDONE)
  })
})
