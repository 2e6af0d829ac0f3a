import { describe, expect, test } from 'vitest'
import { hintsOfAll } from '../../src/guards/hints-of.ts'
import { startWorker } from '../../src/worker/start-worker.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { answer } from '../api/bench/scripted-server.ts'
import { START } from '../api/bench/trial-runner.ts'
import { enqueueIn, leftOpen } from './bench/left-open.ts'

/* What others write is seen sooner where the store tells that they wrote. */

const quiet = { stopOn: [] }

/** A store that hints, with how often it was asked what is open. */
async function hinting() {
  const kept = memoryStore({ now: () => START })
  const listeners = new Set<() => void>()
  const rounds = { count: 0, atEnd: async () => {} }
  const store = {
    ...kept,
    async *listOpen(prefix: string) {
      yield* kept.listOpen(prefix)
      rounds.count += 1
      await rounds.atEnd()
    },
    watchAll: (listener: () => void) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
  }
  const world = await leftOpen([], { store })
  world.server.always(answer(201, { order: 9 }))
  const hint = () => {
    for (const call of listeners) call()
  }
  return { ...world, listeners, rounds, hint }
}

describe('a hint of the store', () => {
  test('brings what was enqueued elsewhere within the shortest pause, however long nothing was to do', async () => {
    const { client, clock, store, asked, hint } = await hinting()
    const worker = startWorker(client, quiet)
    await clock.advance(600_000)
    await enqueueIn(store, 'anna/1')
    hint()
    await clock.advance(250)
    expect(asked().map(({ key }) => key)).toEqual(['key-of-1'])
    await clock.until(worker.stop())
  })

  test('that is missed costs no more than the longest pause', async () => {
    const { client, clock, store, asked } = await hinting()
    const worker = startWorker(client, quiet)
    await clock.advance(600_000)
    await enqueueIn(store, 'anna/1')
    await clock.advance(5_000)
    expect(asked()).toHaveLength(1)
    await clock.until(worker.stop())
  })

  test('that came while a round was under way begins another one soon', async () => {
    const { client, clock, store, asked, rounds, hint } = await hinting()
    const worker = startWorker(client, quiet)
    await clock.advance(600_000)
    const aside = memoryStore()
    await enqueueIn(aside, 'anna/1')
    rounds.atEnd = async () => {
      rounds.atEnd = async () => {}
      for await (const { key, value } of aside.listOpen(''))
        await store.set(key, value, { expected: null, open: true })
      hint()
    }
    hint()
    await clock.advance(1_000)
    expect(asked()).toHaveLength(1)
    await clock.until(worker.stop())
  })

  test('comes all the time where others write all the time, and brings no storm of rounds', async () => {
    const { client, clock, rounds, hint } = await hinting()
    const worker = startWorker(client, quiet)
    await clock.advance(600_000)
    rounds.count = 0
    for (let ms = 0; ms < 60_000; ms += 20) {
      hint()
      await clock.advance(20)
    }
    // Without hints there are 12 to 24 in a minute.
    expect(rounds.count).toBeLessThanOrEqual(30)
    await clock.until(worker.stop())
  })

  test('is heard no more by a worker that was stopped', async () => {
    const { client, clock, listeners } = await hinting()
    const worker = startWorker(client, quiet)
    await clock.advance(1_000)
    expect(listeners.size).toBe(1)
    await clock.until(worker.stop())
    expect(listeners.size).toBe(0)
  })
})

describe('a store of one’s own whose `watchAll` fails tells nothing, and the worker goes on without it', () => {
  const failing: readonly (readonly [string, () => unknown])[] = [
    [
      'it throws',
      () => {
        throw new Error('no hints today')
      },
    ],
    ['it gives nothing', () => undefined],
    ['it gives a number', () => 7],
    ['it gives a promise that rejects', () => Promise.reject(new Error('no hints today'))],
    [
      'its end throws',
      () => () => {
        throw new Error('ended already')
      },
    ],
    ['its end rejects', () => () => Promise.reject(new Error('ended already'))],
  ]

  test.each(failing)('%s', async (_, watchAll) => {
    const store = Object.assign(memoryStore({ now: () => START }), { watchAll })
    const { client, clock, server, asked } = await leftOpen([], { store })
    server.always(answer(201, { order: 9 }))
    const worker = startWorker(client, quiet)
    await enqueueIn(store, 'anna/1')
    await clock.advance(5_000)
    expect(asked().map(({ key }) => key)).toEqual(['key-of-1'])
    expect(await clock.until(worker.stop())).toEqual({ finished: 0, freed: 0, left: 0 })
  })
})

describe('hints of all that is stored', () => {
  /** A store that calls at once, and gives what the test calls later. */
  const eager = (ended = () => {}) => {
    let tell = () => {}
    const watchAll = (listener: () => void) => {
      listener()
      tell = listener
      return ended
    }
    return { store: { ...memoryStore(), watchAll }, tell: () => tell() }
  }

  test('are none of the calls that come at once, and all that come later', () => {
    let heard = 0
    const { store, tell } = eager()
    hintsOfAll(store, () => (heard += 1))
    expect(heard).toBe(0)
    tell()
    expect(heard).toBe(1)
  })

  test('end by what the store gave', () => {
    let isOver = false
    const { store } = eager(() => (isOver = true))
    hintsOfAll(store, () => {})()
    expect(isOver).toBe(true)
  })

  test('are none of a watch that threw, whatever it keeps', () => {
    let heard = 0
    let tell = () => {}
    const watchAll = (listener: () => void): never => {
      tell = listener
      throw new Error('no hints today')
    }
    hintsOfAll({ ...memoryStore(), watchAll }, () => (heard += 1))
    tell()
    expect(heard).toBe(0)
  })

  test('are none where the store tells nothing', () => {
    expect(hintsOfAll(memoryStore(), () => {})).not.toThrow()
  })
})
