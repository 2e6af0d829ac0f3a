import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { tempFolder } from '../stores/temp-folder.ts'
import { openShop, type Shop } from './shop.ts'
import { storedState } from './stored-state.ts'
import { STEPS, type Step } from './steps.ts'
import { startWorker, type Told, type Word, type Worker } from './worker.ts'

const ID = 'order-000042'
const EXECUTED = { outcome: 'executed', order: 42 }

/** Two leases of the first are over before the second has given up. */
const PATIENCE = { timeout: 400, deadline: 3_000 }

describe('a process is stopped past its lease, by SIGSTOP, and another takes over', () => {
  test.each([
    'first run: read done',
    'first run: write-ahead before',
    'first run: write-ahead synced',
    'first run: send head',
    'first run: send body',
    'first run: send read',
    'first run: settle before',
    'first run: settle synced',
    'retried: waiting',
    'retried: again before',
    'polled: waiting',
    'polled: poll read',
    'polled: settle before',
  ])('%s: it sends nothing when it goes on, and gives the same result', async name => {
    const { shop, path, first, second } = await stopped(name)
    shop.order(ID).treatment = 'executes'
    expect(await said(second.perform({ doing: 'run', id: ID, asides: [] }))).toMatchObject(EXECUTED)

    const { sent, effects } = shop.order(ID)
    const sentBefore = sent.length
    expect(await said(first.goOn())).toMatchObject(EXECUTED)
    expect(sent.length).toBe(sentBefore)
    expect(new Set(sent).size).toBe(1)
    expect([...effects.values()]).toEqual([1])
    await stored(path, sent[0])
  })

  test.each(['first run: send byte', 'first run: send leaving'])(
    '%s: no client can hold the byte back; it has the same key',
    async name => {
      const { shop, path, first, second } = await stopped(name)
      expect(await said(second.perform({ doing: 'run', id: ID, asides: [] }))).toMatchObject(EXECUTED)
      expect(await said(first.goOn())).toMatchObject(EXECUTED)
      const { sent, effects } = shop.order(ID)
      expect(new Set(sent).size).toBe(1)
      expect([...effects.values()]).toEqual([1])
      await stored(path, sent[0])
    },
  )

  test.each([
    ['first run: send head', 1],
    ['first run: send read', 1],
    ['first run: settle before', 1],
    // The first poll only tells that the server is at work.
    ['polled: poll read', 2],
    ['polled: settle before', 1],
  ])(
    '%s, with the proof in its hand, and the other finds out nothing: the proof is merged',
    async (name, nth) => {
      const { shop, path, first, second } = await stopped(name, nth)
      const order = shop.order(ID)
      order.treatment = 'is-down'
      expect(await said(second.perform({ doing: 'run', id: ID, asides: [] }))).toMatchObject({
        outcome: 'unknown',
      })
      expect(storedState(path, ID)?.state).not.toBe('succeeded')

      const sentBefore = order.sent.length
      expect(await said(first.goOn())).toMatchObject(EXECUTED)
      await stored(path, order.sent[0])
      const again = await said(second.perform({ doing: 'run', id: ID, asides: [] }))
      expect(again).toMatchObject({ ...EXECUTED, replayed: true })
      expect(order.sent.length).toBe(sentBefore)
      expect(new Set(order.sent).size).toBe(1)
      expect([...order.effects.values()]).toEqual([1])
    },
  )
})

/** A caller is not kept waiting for a store that is slow to note what was proven: it may be noted a little later. */
async function stored(path: string, key: string | undefined): Promise<void> {
  await expect
    .poll(() => storedState(path, ID), { timeout: 20_000 })
    .toMatchObject({ state: 'succeeded', key })
}

/** The first process has stopped at a step of its first run; the second one has not begun. */
async function stopped(
  name: string,
  nth = stepNamed(name).nth,
): Promise<{ readonly shop: Shop; readonly path: string; readonly first: Worker; readonly second: Worker }> {
  const { treatment, probe, doing } = stepNamed(name)
  const path = join(tempFolder(), 'store.db')
  const shop = await openShop((id, key) => storedState(path, id)?.key === key)
  const options = { path, origin: shop.origin, stops: true, ...PATIENCE } as const
  const workers = [startWorker(options), startWorker(options)] as const
  onTestFinished(async () => {
    for (const worker of workers) await worker.kill()
    await shop.close()
  })
  const [first, second] = workers
  shop.order(ID).treatment = treatment
  expect(await first.perform({ doing, id: ID, asides: [], arm: { probe, nth } })).toBe('reached')
  return { shop, path, first, second }
}

function stepNamed(name: string): Step {
  const step = STEPS.find(each => each.name === name)
  if (step === undefined) throw new Error(`There is no step '${name}'.`)
  return step
}

async function said(telling: Promise<Told | 'reached' | 'gone'>): Promise<Word | undefined> {
  const told = await telling
  if (typeof told === 'string' || 'failed' in told) throw new Error(JSON.stringify(told))
  return told.words[0]
}
