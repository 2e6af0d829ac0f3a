import { expect, test } from 'vitest'
import { PLANTED_BUGS as KILL_BUGS } from '../kill/planted-bugs.ts'
import { PLANTED_PART_BUGS } from '../part-histories/planted-bugs.ts'
import { sourcesWith } from './plant.ts'
import { PLANTED_BUGS } from './planted-bugs.ts'
import { PLANTED_EDGE_BUGS } from './planted-edge-bugs.ts'
import { PLANTED_OUTBOX_BUGS, PLANTED_SERVER_OUTBOX_BUGS } from './planted-outbox-bugs.ts'
import { PLANTED_SERVER_BUGS } from './planted-server-bugs.ts'
import { SUBTLE_FAULTS } from './subtle-faults.ts'

/* Whether each bug is found takes minutes (`npm run test:planted`); that its place is still there is seen at once. */

test.each([
  ...PLANTED_BUGS,
  ...PLANTED_EDGE_BUGS,
  ...PLANTED_OUTBOX_BUGS,
  ...PLANTED_SERVER_BUGS,
  ...PLANTED_SERVER_OUTBOX_BUGS,
  ...SUBTLE_FAULTS,
  ...PLANTED_PART_BUGS,
  ...KILL_BUGS,
])('the source has the place in which a bug is planted: $name', bug => {
  expect(sourcesWith(bug).size).toBeGreaterThan(0)
})
