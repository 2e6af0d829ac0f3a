import { expect, test } from 'vitest'
import { planKills } from './plan.ts'
import { PLANTED_BUGS } from './planted-bugs.ts'
import { runKills, tellBroken } from './run-kills.ts'
import { STEPS } from './steps.ts'

const MINUTES_MS = 60_000

test(
  '100 processes are killed, at every named step: nothing is lost, doubled, stuck or told untruly',
  async () => {
    const killing = { count: 100, seed: 1, lanes: 2 }
    const { perStep, count, broken } = await runKills(killing)
    expect(broken.map(each => tellBroken(each, killing))).toEqual([])
    expect(count).toBeGreaterThanOrEqual(100)
    expect([...perStep].filter(([, kills]) => kills === 0)).toEqual([])
  },
  5 * MINUTES_MS,
)

test.each(PLANTED_BUGS)(
  'the kills find a planted bug: $name',
  async bug => {
    const { broken } = await runKills({ count: STEPS.length, seed: 1, lanes: 2, planted: bug })
    expect(broken.flatMap(({ violations }) => violations).map(({ kind }) => kind)).toContain(bug.breaks)
  },
  5 * MINUTES_MS,
)

test('kills are spread evenly, and planned by their seed', () => {
  const perStep = new Map<string, number>()
  for (const { steps } of planKills(2_000, 7))
    for (const { name } of steps) perStep.set(name, (perStep.get(name) ?? 0) + 1)
  expect(perStep.size).toBe(STEPS.length)
  expect(Math.min(...perStep.values())).toBeGreaterThanOrEqual(22)
  expect(planKills(50, 7)).toEqual(planKills(50, 7))
  expect(planKills(50, 7)).not.toEqual(planKills(50, 8))
})

test('the steps have names of their own', () => {
  expect(new Set(STEPS.map(({ name }) => name)).size).toBe(STEPS.length)
})
