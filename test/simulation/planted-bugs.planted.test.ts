import { expect, test } from 'vitest'
import { PLANTED_BUGS } from './planted-bugs.ts'
import { PLANTED_EDGE_BUGS } from './planted-edge-bugs.ts'
import { PLANTED_OUTBOX_BUGS, PLANTED_SERVER_OUTBOX_BUGS } from './planted-outbox-bugs.ts'
import { PLANTED_SERVER_BUGS } from './planted-server-bugs.ts'
import { seedsThatFind } from './seeds-that-find.ts'

/* The checker itself: a bug that is planted in the source is found within 1,000 histories of the worlds where it lives. */

for (const { name } of [...PLANTED_BUGS, ...PLANTED_EDGE_BUGS, ...PLANTED_OUTBOX_BUGS]) {
  test.concurrent(`${name} is found`, { timeout: 600_000 }, async () => {
    expect(await seedsThatFind(name, 'model')).toHaveLength(1)
  })
}

for (const { name } of [...PLANTED_SERVER_BUGS, ...PLANTED_SERVER_OUTBOX_BUGS]) {
  test.concurrent(`${name} is found in stillonce/server`, { timeout: 600_000 }, async () => {
    expect(await seedsThatFind(name, 'stillonce')).toHaveLength(1)
  })
}
