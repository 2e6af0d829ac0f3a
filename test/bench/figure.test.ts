import { describe, expect, test } from 'vitest'
import type { Figure } from './figure.ts'
import { each, figureOf, isReached, MISSING } from './figure.ts'

describe('a figure', () => {
  test('is the median, and its ratio the median of the ratios of the same round', () => {
    const figure = figureOf(
      'ours',
      'us',
      { here: [10, 1, 4] },
      { to: 'theirs', measured: { here: [10, 2, 1] } },
    )
    expect(figure.measured).toBe(4)
    expect(figure.ratio).toEqual({ value: 1, to: 'theirs' })
    expect(figure.there).toBeUndefined()
  })

  test('of a ref has the ref’s median, and what this checkout has of it, round for round', () => {
    const figure = figureOf('ours', 'us', { here: [10, 30, 6], there: [20, 30, 24] })
    expect(figure.there).toEqual({ measured: 24, ratio: undefined, change: 0.5 })
  })

  test('of a ref is held against the same peer', () => {
    const figure = figureOf('ours', 'us', { here: [10], there: [40] }, { to: 'ky', measured: { here: [20] } })
    expect(figure).toMatchObject({ ratio: { value: 0.5 }, there: { ratio: 2, change: 0.25 } })
  })

  test('of a ref is held against the ref’s own, where both have it', () => {
    const figure = figureOf(
      'sqlite',
      '/s',
      { here: [10], there: [6] },
      { to: 'memory', measured: { here: [20], there: [24] } },
    )
    expect(figure).toMatchObject({ ratio: { value: 0.5 }, there: { ratio: 0.25 } })
  })

  test('says that the ref has no such thing', () => {
    const measured = each({ here: [{ cpuUs: 3 }], there: MISSING }, ({ cpuUs }) => cpuUs)
    expect(figureOf('ours', 'us CPU', measured)).toMatchObject({ measured: 3, there: MISSING })
  })

  test.each<readonly [Figure['goal'], boolean | undefined]>([
    [undefined, undefined],
    [{ of: 'ratio', is: 'at most', limit: 1.5 }, true],
    [{ of: 'ratio', is: 'below', limit: 1.5 }, false],
    [{ of: 'ratio', is: 'at least', limit: 1.6 }, false],
    [{ of: 'measured', is: 'at most', limit: 29 }, false],
    [{ of: 'measured', is: 'at least', limit: 30 }, true],
  ])('with the goal %j reaches it: %j', (goal, reached) => {
    expect(
      isReached({ what: 'ours', unit: 'us', measured: 30, ratio: { value: 1.5, to: 'theirs' }, goal }),
    ).toBe(reached)
  })
})
