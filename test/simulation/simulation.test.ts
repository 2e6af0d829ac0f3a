import { expect, test } from 'vitest'
import { simulated } from './simulated.ts'

/* The short form, with the seeds of the long one (`npm run test:long`), which also counts the faults that struck. */

test.each(['model', 'stillonce'])(
  '1,000 histories against the server %s keep every promise',
  async server => {
    const report = await simulated('--histories', '1000', '--seed', '1', '--server', server)
    expect(report).toMatchObject({ histories: 1000, broken: {} })
  },
  240_000,
)

test('200 histories through ky keep every promise', async () => {
  const report = await simulated('--histories', '200', '--seed', '5000001', '--via', 'ky')
  expect(report).toMatchObject({ histories: 200, broken: {} })
}, 120_000)
