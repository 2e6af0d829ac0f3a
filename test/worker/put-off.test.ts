import { describe, expect, test } from 'vitest'
import { PutOffs } from '../../src/worker/core/put-off.ts'

const at = (ms: number, random = 1) => ({ ms, random })
const again = { min: 1_000, max: 8_000 }
const ofItself = {
  of: 'key-1',
  failed: 0,
  refusals: { count: 0, status: undefined },
  because: 'of-itself',
  createdAt: 7,
} as const

/** As the worker's loop asks: what was written since it was last seen is read first. */
function isDue(
  putOffs: PutOffs,
  version: string,
  now: ReturnType<typeof at>,
  { key = 'a', of = 'key-1' } = {},
) {
  if (putOffs.isNews(key, version)) putOffs.saw(key, version, of)
  return putOffs.isDue(key, now)
}

describe('an operation is due', () => {
  test('at once where it was never taken up', () => {
    expect(isDue(new PutOffs(again), '1', at(0))).toBe(true)
  })

  test('after pauses that double, up to the longest', () => {
    const putOffs = new PutOffs(again)
    const pauses: number[] = []
    for (let ms = 0, begun = 0; pauses.length < 6; ms += 1_000) {
      if (!isDue(putOffs, '1', at(ms))) continue
      pauses.push(ms - begun)
      begun = ms
      putOffs.putOff('a', ofItself, at(ms))
    }
    expect(pauses).toEqual([0, 1_000, 2_000, 4_000, 8_000, 8_000])
  })

  test('after half of a pause at the earliest', () => {
    const putOffs = new PutOffs(again)
    putOffs.putOff('a', ofItself, at(0, 0))
    expect(isDue(putOffs, '1', at(499))).toBe(false)
    expect(isDue(putOffs, '1', at(500))).toBe(true)
  })

  test('not before its server asked to come back', () => {
    const putOffs = new PutOffs(again)
    putOffs.putOff('a', { ...ofItself, notBeforeMs: 30_000 }, at(0))
    expect(isDue(putOffs, '1', at(29_999))).toBe(false)
    expect(isDue(putOffs, '1', at(30_000))).toBe(true)
  })

  test('a whole pause later where somebody else was at it meanwhile', () => {
    const putOffs = new PutOffs(again)
    putOffs.putOff('a', ofItself, at(0))
    expect(isDue(putOffs, '1', at(10))).toBe(false)
    expect(isDue(putOffs, '2', at(1_000))).toBe(false)
    expect(isDue(putOffs, '2', at(2_999))).toBe(false)
    expect(isDue(putOffs, '2', at(3_000))).toBe(true)
  })

  test('at once where it was begun again under a new key, whoever was at it before', () => {
    const putOffs = new PutOffs(again)
    for (const ms of [0, 1_000, 3_000]) putOffs.putOff('a', { ...ofItself, failed: 2 }, at(ms))
    expect(isDue(putOffs, '1', at(3_001))).toBe(false)
    expect(isDue(putOffs, '2', at(3_002), { of: 'key-2' })).toBe(true)
    expect(putOffs.failed('a')).toBe(0)
  })

  test('soon again where it was its server that failed all', () => {
    const putOffs = new PutOffs(again)
    for (let times = 0; times < 5; times += 1)
      putOffs.putOff('a', { ...ofItself, because: 'of-its-server' }, at(0))
    expect(isDue(putOffs, '1', at(1_000))).toBe(true)
  })
})

test('what is remembered is bounded: the oldest goes', () => {
  const putOffs = new PutOffs(again, 2)
  for (const key of ['a', 'b', 'c']) putOffs.putOff(key, { ...ofItself, failed: 3 }, at(0))
  expect(['a', 'b', 'c'].map(key => isDue(putOffs, '1', at(10), { key }))).toEqual([true, false, false])
  expect(['a', 'b', 'c'].map(key => putOffs.failed(key))).toEqual([0, 3, 3])
})

test('what has ended is forgotten', () => {
  const putOffs = new PutOffs(again)
  putOffs.putOff('a', ofItself, at(0))
  putOffs.forget('a')
  expect(isDue(putOffs, '1', at(1))).toBe(true)
})
