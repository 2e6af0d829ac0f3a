import { expect, test } from 'vitest'
import { planKills } from './plan.ts'
import { STEPS } from './steps.ts'

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
