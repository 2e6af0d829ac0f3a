import { expect, test } from 'vitest'
import { isTombstone, neverSent, shrunk, tombstone } from '../../src/core/record/tombstone.ts'
import { START, failedRecord, pendingRecord, processingRecord, succeededRecord } from './samples.ts'

test.each([pendingRecord(), processingRecord(), succeededRecord(), failedRecord()])(
  'what is forgotten keeps its generation, and nothing that it proved: $state',
  record => {
    const left = tombstone({ ...record, generation: 4 }, START)
    expect(left).toMatchObject({
      state: 'failed',
      generation: 4,
      key: '',
      fingerprint: '',
      bodyHash: '',
      sent: 0,
      ambiguous: 0,
      failure: { code: 'forgotten' },
      settledAt: START,
    })
    expect(left).not.toHaveProperty('result')
    expect(isTombstone(left)).toBe(true)
  },
)

test.each([
  ['where nothing is', undefined, 1],
  ['over what was forgotten', tombstone(pendingRecord({ generation: 2 }), START), 3],
])(
  'what is cancelled before its first send ends the generation that may be about to begin, %s',
  (_, before, generation) => {
    const left = neverSent(before, { scope: 'u', name: 'pay', id: 'x' }, START)
    expect(left).toMatchObject({ state: 'failed', generation, key: '', failure: { code: 'sealed' } })
    expect(isTombstone(left)).toBe(false)
  },
)

test('what is shrunk loses what a user may have typed, and keeps what is known', () => {
  const request = { url: 'https://shop.test/orders', headers: {}, body: 'e30=' }
  const open = shrunk(
    pendingRecord({ request, statusUrl: 'https://shop.test/op/1', statusIsMonitor: true, ambiguous: 1 }),
  )
  expect(open).toMatchObject({ state: 'pending', ambiguous: 1 })
  expect(open).not.toHaveProperty('request')
  expect(open).not.toHaveProperty('statusUrl')
  expect(open).not.toHaveProperty('statusIsMonitor')
  expect(shrunk(succeededRecord({ attempts: 3 }))).toMatchObject({
    state: 'succeeded',
    attempts: 3,
    result: undefined,
  })
})
