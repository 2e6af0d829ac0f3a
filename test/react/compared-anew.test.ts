import { expect, test } from 'vitest'
import type { ComparedPayload } from '../../src/client/operation-inside.ts'
import type { Run } from '../../src/client/join-run.ts'
import { SharedOperation } from '../../src/react/shared-operation.ts'
import { snapshot } from './snapshot.ts'

function executedUnder(key: string): Run {
  const settled = { outcome: 'executed', data: 1, replayed: false } as const
  return {
    id: 'cart-42',
    snapshot: snapshot({ key, state: 'succeeded', phase: 'settled', ...settled }),
    subscribe: () => () => {},
    settled: Promise.resolve(settled),
    result: Promise.resolve(1),
    abort: () => {},
  }
}

test('an input that was compared while another key took the place is compared with that one', async () => {
  const answers: ((compared: ComparedPayload) => void)[] = []
  const shared = new SharedOperation()
  shared.show(() => {}, {
    text: 'cart',
    sends: false,
    takeUp: async () => executedUnder('key-1'),
    watch: () => () => {},
    compare: () => new Promise(resolve => answers.push(resolve)),
  })
  shared.look()
  await expect.poll(() => answers.length).toBe(1)
  await shared.call(executedUnder('key-2'), 'another cart', () => {})
  expect(shared.snapshotFor('cart')).toMatchObject({ key: 'key-2', outcome: 'executed' })
  answers[0]!({ key: 'key-1', isSame: true })
  await expect.poll(() => answers.length).toBe(2)
  answers[1]!({ key: 'key-2', isSame: true })

  await expect.poll(() => shared.isSame('cart')).toBe(true)
})
