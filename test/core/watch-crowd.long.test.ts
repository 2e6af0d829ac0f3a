import { expect, test } from 'vitest'
import { crowdOf } from './crowd.ts'

test('through ten minutes without a server a crowd of a thousand makes at most 1.1 requests an operation, and no second of its return has more than twice the mean', () => {
  const { asked, perOperation, highestOfMean, seconds } = crowdOf(1_000)

  expect(asked).toBe(200_000)
  expect(perOperation).toBeLessThanOrEqual(1.1)
  expect(highestOfMean).toBeLessThanOrEqual(2)
  expect(seconds).toBeLessThanOrEqual(90)
}, 120_000)
