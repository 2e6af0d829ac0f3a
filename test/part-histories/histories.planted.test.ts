import { expect, test } from 'vitest'
import { PLANTED_PART_BUGS } from './planted-bugs.ts'
import { simulated } from './simulated.ts'

/* The checkers themselves: a bug that is planted in the source is found within 1,000 histories, by the rule it breaks. */

test.each(PLANTED_PART_BUGS)(
  '$name is found in histories of $part',
  { timeout: 600_000 },
  async ({ name }) => {
    const { broken } = await simulated('--planted', name, '--histories', '1000', '--seed', '1')
    expect(Object.keys(broken)).toHaveLength(1)
  },
)
