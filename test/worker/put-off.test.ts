import { describe, expect, test } from 'vitest'
import { PutOffs } from '../../src/worker/core/put-off.ts'

const at = (ms: number, random = 1) => ({ ms, random })
const again = { min: 1_000, max: 8_000 }
const ofItself = { failed: 0, because: 'of-itself', createdAt: 7 } as const

describe('an operation is due', () => {
  test('at once where it was never taken up', () => {
    expect(new PutOffs(again).isDue('a', '1', at(0))).toBe(true)
  })

  test('after pauses that double, up to the longest', () => {
    const putOffs = new PutOffs(again)
    const pauses: number[] = []
    for (let ms = 0, begun = 0; pauses.length < 6; ms += 1_000) {
      if (!putOffs.isDue('a', '1', at(ms))) continue
      pauses.push(ms - begun)
      begun = ms
      putOffs.putOff('a', ofItself, at(ms))
    }
    expect(pauses).toEqual([0, 1_000, 2_000, 4_000, 8_000, 8_000])
  })

  test('after half of a pause at the earliest', () => {
    const putOffs = new PutOffs(again)
    putOffs.putOff('a', ofItself, at(0, 0))
    expect(putOffs.isDue('a', '1', at(499))).toBe(false)
    expect(putOffs.isDue('a', '1', at(500))).toBe(true)
  })

  test('not before its server asked to come back', () => {
    const putOffs = new PutOffs(again)
    putOffs.putOff('a', { ...ofItself, notBeforeMs: 30_000 }, at(0))
    expect(putOffs.isDue('a', '1', at(29_999))).toBe(false)
    expect(putOffs.isDue('a', '1', at(30_000))).toBe(true)
  })

  test('a whole pause later where somebody else was at it meanwhile', () => {
    const putOffs = new PutOffs(again)
    putOffs.putOff('a', ofItself, at(0))
    expect(putOffs.isDue('a', '1', at(10))).toBe(false)
    expect(putOffs.isDue('a', '2', at(1_000))).toBe(false)
    expect(putOffs.isDue('a', '2', at(2_999))).toBe(false)
    expect(putOffs.isDue('a', '2', at(3_000))).toBe(true)
  })

  test('soon again where it was its server that failed all', () => {
    const putOffs = new PutOffs(again)
    for (let times = 0; times < 5; times += 1)
      putOffs.putOff('a', { ...ofItself, because: 'of-its-server' }, at(0))
    expect(putOffs.isDue('a', '1', at(1_000))).toBe(true)
  })
})

test('what is remembered is bounded: the oldest goes', () => {
  const putOffs = new PutOffs(again, 2)
  for (const key of ['a', 'b', 'c']) putOffs.putOff(key, { ...ofItself, failed: 3 }, at(0))
  expect(['a', 'b', 'c'].map(key => putOffs.isDue(key, '1', at(10)))).toEqual([true, false, false])
  expect(['a', 'b', 'c'].map(key => putOffs.failed(key))).toEqual([0, 3, 3])
})

test('what has ended is forgotten', () => {
  const putOffs = new PutOffs(again)
  putOffs.putOff('a', ofItself, at(0))
  putOffs.forget('a')
  expect(putOffs.isDue('a', '1', at(1))).toBe(true)
})
