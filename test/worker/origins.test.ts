import { expect, test } from 'vitest'
import { Origins } from '../../src/worker/core/origins.ts'

const at = (ms: number) => ({ ms, random: 1 })
const PAY = 'https://pay.test'

function down() {
  const origins = new Origins()
  for (let count = 0; count < 3; count += 1) origins.heard(PAY, 'ordinary', 'unreachable', at(0))
  return origins
}

test('a server is up until three operations in a row were not answered', () => {
  const origins = new Origins()
  for (const said of [
    'unreachable',
    'unreachable',
    'answered',
    'unreachable',
    'silent',
    'unreachable',
  ] as const) {
    origins.heard(PAY, 'ordinary', said, at(0))
    expect(origins.attempt(PAY, at(0))).toBe('ordinary')
  }
  expect(origins.downCount).toBe(0)
  origins.heard(PAY, 'ordinary', 'unreachable', at(0))
  expect(origins.attempt(PAY, at(0))).toBeUndefined()
  expect(origins.downCount).toBe(1)
  expect(origins.attempt('https://other.test', at(0))).toBe('ordinary')
})

test('while it is down one operation at a time tries it, in pauses that double up to a minute', () => {
  const origins = down()
  const tries: number[] = []
  for (let ms = 0; tries.length < 8; ms += 1_000) {
    if (origins.attempt(PAY, at(ms)) === undefined) continue
    tries.push(ms)
    expect(origins.attempt(PAY, at(ms))).toBeUndefined()
    origins.heard(PAY, 'try', 'unreachable', at(ms))
  }
  expect(tries).toEqual([2_000, 6_000, 14_000, 30_000, 62_000, 122_000, 182_000, 242_000])
})

test('what began before the trouble was known is the same failure', () => {
  const origins = down()
  for (let count = 0; count < 20; count += 1) origins.heard(PAY, 'ordinary', 'unreachable', at(1_000))
  expect(origins.attempt(PAY, at(2_000))).toBe('try')
})

test('a try by which nobody was asked leaves the try to another operation', () => {
  const origins = down()
  expect(origins.attempt(PAY, at(2_000))).toBe('try')
  origins.heard(PAY, 'try', 'silent', at(2_001))
  expect(origins.attempt(PAY, at(2_001))).toBe('try')
})

test('one answer, and it is up', () => {
  const origins = down()
  origins.attempt(PAY, at(2_000))
  origins.heard(PAY, 'try', 'answered', at(2_001))
  expect([origins.attempt(PAY, at(2_001)), origins.downCount]).toEqual(['ordinary', 0])
})
