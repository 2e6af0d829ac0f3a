import { expect, test } from 'vitest'
import { crowdOf } from './crowd.ts'

test('through ten minutes without a server a crowd makes at most 1.1 requests an operation, and no second of its return has more than twice the mean', () => {
  const { asked, perOperation, highestOfMean, seconds } = crowdOf(400)

  expect(asked).toBe(80_000)
  expect(perOperation).toBeLessThanOrEqual(1.1)
  expect(highestOfMean).toBeLessThanOrEqual(2)
  expect(seconds).toBeLessThanOrEqual(90)
})
