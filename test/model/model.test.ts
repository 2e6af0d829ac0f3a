import { expect, test } from 'vitest'
import { sourcesWith } from '../simulation/plant.ts'
import { CLIENT_BUGS, FOUND_TOO, MODEL_BUGS, NOT_EXPRESSED } from './planted.ts'
import { SETTINGS } from './setting.ts'
import { walked } from './walked.ts'

/* All orders of events of the machine of a run, within bounds: what is found is in the report as a shortest history. */

test('two runners: no single fault at any place breaks a promise', { timeout: 600_000 }, async () => {
  const walks = await walked('--faults', '1')

  expect(walks).toHaveLength(SETTINGS.length)
  for (const walk of walks) expect(walk).toMatchObject({ isComplete: true, broken: [] })
})

test.each(MODEL_BUGS)('the core has the place in which a bug is planted: $name', planted => {
  expect(sourcesWith(planted).size).toBeGreaterThan(0)
})

test("each of the simulation's bugs in the client is looked for, or listed as one that cannot be found", () => {
  const listed = [...Object.keys(FOUND_TOO), ...Object.values(NOT_EXPRESSED).flat()]
  const isOfClient = (url: string) => /\/src\/(?:core|engine|client|guards)\//.test(url)
  const bugs = CLIENT_BUGS.filter(bug => [...sourcesWith(bug).keys()].every(isOfClient))

  expect(listed.toSorted()).toEqual(bugs.map(({ name }) => name).toSorted())
})
