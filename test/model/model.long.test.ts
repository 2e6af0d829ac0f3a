import { expect, test } from 'vitest'
import { walked } from './walked.ts'

/* What `npm run model -- --faults 2` walks through takes tens of minutes; these take a few. */

test.each([
  ['one runner and two faults', ['--runners', '1', '--faults', '2']],
  ['one runner and two faults, without keys', ['--runners', '1', '--faults', '2', '--keys', 'no']],
  [
    'one runner that sends once, and three faults',
    ['--runners', '1', '--faults', '3', '--sends', '1', '--asks', '0', '--rests', '0'],
  ],
  ['two runners and two faults, without keys', ['--runners', '2', '--faults', '2', '--keys', 'no']],
  ['one runner and three faults', ['--runners', '1', '--faults', '3']],
])('%s: no promise is broken', { timeout: 3_600_000 }, async (_, options) => {
  expect(await walked(...options)).toMatchObject([{ isComplete: true, broken: [] }])
})
