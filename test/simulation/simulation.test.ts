import { expect, test } from 'vitest'
import { simulated } from './simulated.ts'

/* The short form, with the seeds of the long one (`npm run test:long`), which also counts the faults that struck. */

test.each(['model', 'stillonce'])(
  '2,000 histories against the server %s keep every promise',
  async server => {
    const report = await simulated('--histories', '2000', '--seed', '1', '--server', server)
    expect(report).toMatchObject({ histories: 2000, broken: {} })
  },
  240_000,
)

test('300 histories through ky keep every promise', async () => {
  const report = await simulated('--histories', '300', '--seed', '5000001', '--via', 'ky')
  expect(report).toMatchObject({ histories: 300, broken: {} })
}, 120_000)
