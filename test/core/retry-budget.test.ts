import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Budget } from '../../src/core/run/retry-budget.ts'
import {
  afterAnsweredAsk,
  afterFailedAsk,
  afterFailedSend,
  afterSuccess,
  fullBudget,
  spendAsk,
  spendRetry,
} from '../../src/core/run/retry-budget.ts'
import { START, frozen } from './samples.ts'

const full = frozen(fullBudget(START))
const empty: Budget = frozen({
  retries: 0,
  asks: 0,
  failedAsksInARow: 3,
  failedSendsInARow: 0,
  slowdowns: 0,
  trickledAt: START,
})

describe('retries', () => {
  test('begin with twelve, which cost one each', () => {
    expect(full).toStrictEqual({
      retries: 12,
      asks: 3,
      failedAsksInARow: 0,
      failedSendsInARow: 0,
      slowdowns: 0,
      trickledAt: START,
    })
    expect(spendRetry(full, START)).toStrictEqual({
      retries: 11,
      asks: 3,
      failedAsksInARow: 0,
      failedSendsInARow: 0,
      slowdowns: 0,
      trickledAt: START,
    })
  })

  test('are allowed to the last', () => {
    expect(spendRetry({ ...full, retries: 1 }, START)).toMatchObject({ retries: 0 })
    expect(spendRetry(empty, START)).toBeUndefined()
  })

  test('come back with each success, up to twelve', () => {
    expect(afterSuccess(empty)).toStrictEqual({
      retries: 1,
      asks: 3,
      failedAsksInARow: 0,
      failedSendsInARow: 0,
      slowdowns: 0,
      trickledAt: START,
    })
    expect(afterSuccess({ ...full, retries: 11 })).toMatchObject({ retries: 12 })
    expect(afterSuccess(full)).toMatchObject({ retries: 12 })
  })
})

describe('asks', () => {
  test('cost nothing until three in a row have failed', () => {
    expect(spendAsk({ ...full, failedAsksInARow: 2 }, START)).toStrictEqual({ ...full, failedAsksInARow: 2 })
    expect(spendAsk({ ...full, failedAsksInARow: 3 }, START)).toStrictEqual({
      ...full,
      failedAsksInARow: 3,
      asks: 2,
    })
    expect(afterFailedAsk({ ...full, failedAsksInARow: 2 })).toStrictEqual({ ...full, failedAsksInARow: 3 })
  })

  test('are allowed to the last', () => {
    expect(spendAsk({ ...empty, asks: 1 }, START)).toMatchObject({ asks: 0 })
    expect(spendAsk(empty, START)).toBeUndefined()
  })

  test('come back all at once with an answer', () => {
    expect(afterAnsweredAsk(empty)).toStrictEqual({
      retries: 0,
      asks: 3,
      failedAsksInARow: 0,
      failedSendsInARow: 0,
      slowdowns: 0,
      trickledAt: START,
    })
  })

  test('take ten seconds from one to the next, however often they are used in between', () => {
    expect(spendAsk({ ...empty, asks: 1 }, START + 9_999)).toStrictEqual(empty)
  })

  test.each([
    ['none before ten seconds', 9_999, undefined],
    ['one in ten seconds', 10_000, { ...empty, retries: 1, trickledAt: 1_800_000_010_000 }],
    ['two in twenty-five', 25_000, { ...empty, retries: 2, asks: 1, trickledAt: 1_800_000_020_000 }],
    [
      'no more than three in an hour',
      3_600_000,
      { ...empty, retries: 12, asks: 2, trickledAt: 1_800_003_600_000 },
    ],
    ['none by a clock that went back', -3_600_000, undefined],
  ])('come back by time alone: %s', (_, passedMs, budget) => {
    expect(spendAsk(empty, START + passedMs)).toStrictEqual(budget)
  })
})

describe('retries come back by time alone', () => {
  test.each([
    ['none before ten seconds', 9_999, undefined],
    ['one in ten seconds', 10_000, { ...empty, asks: 1, trickledAt: 1_800_000_010_000 }],
    [
      'no more than twelve in an hour',
      3_600_000,
      { ...empty, retries: 11, asks: 3, trickledAt: 1_800_003_600_000 },
    ],
    ['none by a clock that went back', -3_600_000, undefined],
  ])('%s', (_, passedMs, budget) => {
    expect(spendRetry(empty, START + passedMs)).toStrictEqual(budget)
  })
})

describe('where twenty sends in a row have failed', () => {
  const failing = (budget: Budget, times: number): Budget =>
    Array.from({ length: times }).reduce<Budget>(now => afterFailedSend(now), budget)
  const crowd = failing(full, 20)

  test('two retries are left', () => {
    expect(failing(full, 19)).toMatchObject({ retries: 12, failedSendsInARow: 19 })
    expect(crowd).toMatchObject({ retries: 2, failedSendsInARow: 20 })
    expect(failing({ ...full, retries: 1 }, 25)).toMatchObject({ retries: 1, failedSendsInARow: 25 })
  })

  test('time gives one back after 10, 20 and 40 s, and then each minute', () => {
    let budget: Budget = { ...crowd, retries: 0 }
    const at: number[] = []
    for (let seconds = 0; seconds <= 300; seconds += 1) {
      const spent = spendRetry(budget, START + 1_000 * seconds)
      if (spent === undefined) continue
      at.push(seconds)
      budget = spent
    }
    expect(at).toEqual([10, 30, 70, 130, 190, 250])
  })

  test('however long nobody asked, no more than two come back', () => {
    const later = spendRetry({ ...crowd, retries: 0 }, START + 3_600_000)
    expect(later).toMatchObject({ retries: 0, slowdowns: 1 })
    expect(later && spendRetry(later, START + 3_600_000)).toBeUndefined()
  })

  test('a success, or any answer, ends it: each success gives one back', () => {
    expect(afterSuccess({ ...crowd, retries: 0, slowdowns: 3 })).toMatchObject({
      retries: 1,
      failedSendsInARow: 0,
      slowdowns: 0,
    })
    expect(afterAnsweredAsk({ ...crowd, slowdowns: 3 })).toMatchObject({
      failedSendsInARow: 0,
      slowdowns: 0,
    })
  })
})

/** 200 operations, one after another, at a server that answers nobody: each retries and asks as long as it may. */
function outage(lastsMs: number): { readonly budget: Budget; readonly extra: number } {
  let budget = fullBudget(START)
  let extra = 0
  for (let operation = 0; operation < 200; operation++) {
    const nowAt = START + Math.floor((operation * lastsMs) / 200)
    for (let turn = 0; turn < 3; turn++) {
      const retried = spendRetry(budget, nowAt)
      if (retried !== undefined) extra++
      budget = retried ?? budget
    }
    for (let turn = 0; turn < 20; turn++) {
      const asked = spendAsk(budget, nowAt)
      if (asked !== undefined) extra++
      budget = asked === undefined ? budget : afterFailedAsk(asked)
    }
  }
  return { budget, extra }
}

describe('through a total outage', () => {
  test('of an instant, 200 operations cost 18 requests more than their first sends', () => {
    expect(outage(0).extra).toBe(18)
  })

  test('of two minutes, they cost 40 more: 1.2 requests for each', () => {
    expect(outage(120_000).extra).toBe(40)
  })

  test('of ten minutes, they cost 136 more: one retry and one ask in ten seconds', () => {
    expect(outage(600_000).extra).toBe(136)
  })

  test('the first answer brings the asks back, and successes the retries', () => {
    const { budget } = outage(600_000)
    expect(spendRetry(budget, START + 590_000)).toBeUndefined()
    expect(spendAsk(budget, START + 590_000)).toBeUndefined()
    const answered = afterAnsweredAsk(budget)
    expect(spendAsk(answered, START + 590_000)).toBe(answered)
    expect(spendRetry(answered, START + 590_000)).toBeUndefined()
    let recovered = budget
    for (let success = 0; success < 20; success++) recovered = afterSuccess(recovered)
    expect(recovered).toMatchObject({ retries: 12, asks: 3, failedAsksInARow: 0 })
  })
})

test('whatever happens, a budget is never negative and never above its capacity', () => {
  const moves = fc.constantFrom('retry', 'ask', 'success', 'answered', 'failed')
  fc.assert(
    fc.property(fc.array(fc.tuple(moves, fc.nat(3_600_000)), { maxLength: 60 }), history => {
      let budget = full
      return history.every(([move, passedMs]) => {
        budget = frozen(moved(budget, move, START + passedMs))
        return budget.retries >= 0 && budget.retries <= 12 && budget.asks >= 0 && budget.asks <= 3
      })
    }),
  )
})

function moved(budget: Budget, move: string, nowAt: number): Budget {
  switch (move) {
    case 'retry':
      return spendRetry(budget, nowAt) ?? budget
    case 'ask':
      return spendAsk(budget, nowAt) ?? budget
    case 'success':
      return afterSuccess(budget)
    case 'answered':
      return afterAnsweredAsk(budget)
    default:
      return afterFailedAsk(budget)
  }
}
