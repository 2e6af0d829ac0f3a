import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { tempFolder } from '../stores/temp-folder.ts'
import { openShop } from './shop.ts'
import { integrityOf, storedState } from './stored-state.ts'
import { startWorker, type Told, type Word, type Worker } from './worker.ts'

const IDS = Array.from({ length: 9 }, (_, index) => `order-${String(index).padStart(6, '0')}`)

describe.each([
  // Read ahead, written ahead, settled: each run of an order takes two syncs.
  ['refuses every sync from the start', { syncsBefore: 0 }],
  ['refuses every sync after the first write-ahead', { syncsBefore: 1 }],
  ['refuses every sync after some orders', { syncsBefore: 7 }],
  // 96 KiB: the log has no room after some orders.
  ['is full', { blocks: 192 }],
])('a disk that %s', (_name, disk) => {
  test('sends nothing that it has not written, and all ends once the process is killed and the disk works', async () => {
    const path = join(tempFolder(), 'store.db')
    const shop = await openShop((id, key) => storedState(path, id)?.key === key)
    const options = { path, origin: shop.origin, deadline: 3_000 }
    const first = startWorker({ ...options, disk })
    const workers = [first]
    onTestFinished(async () => {
      for (const worker of workers) await worker.kill()
      await shop.close()
    })
    for (const id of IDS) shop.order(id).treatment = 'executes'

    const words: (Word | undefined)[] = []
    for (const id of IDS) words.push(await said(first, id))
    const refused = words.filter(word => word?.code === 'store-failed')
    expect(refused.length).toBeGreaterThan(0)
    for (const [index, word] of words.entries()) {
      const { sent, effects, faults } = shop.order(IDS[index] ?? '')
      expect(faults).toEqual([])
      expect(effects.size).toBeLessThanOrEqual(1)
      const isExecuted = word?.outcome === 'executed'
      expect([isExecuted, effects.size]).not.toEqual([true, 0])
      const wasToldUnsent = word?.code === 'store-failed' && word.outcome === 'not-executed'
      expect(wasToldUnsent ? sent : []).toEqual([])
    }

    await first.kill()
    const second = startWorker(options)
    workers.push(second)
    for (const id of IDS) expect(await said(second, id)).toMatchObject({ outcome: 'executed' })
    for (const id of IDS) {
      const { effects, sent } = shop.order(id)
      expect([...effects.values()]).toEqual([1])
      expect(new Set(sent).size).toBe(1)
    }
    expect(integrityOf(path)).toBe('ok')
  })
})

async function said(worker: Worker, id: string): Promise<Word | undefined> {
  const told: Told | 'reached' | 'gone' = await worker.perform({ doing: 'run', id, asides: [] })
  if (typeof told === 'string' || 'failed' in told) throw new Error(JSON.stringify(told))
  return told.words[0]
}
