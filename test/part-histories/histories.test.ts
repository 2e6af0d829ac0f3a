import { expect, test } from 'vitest'
import { CALL_FAULTS, SITE_FAULTS } from './indexed-db/faults.ts'
import { simulated } from './simulated.ts'

/* The short form; `npm run simulate:parts` goes on. */

test('300 histories of indexedDBStore on a browser that fails keep its contract, and every fault strikes', async () => {
  const { histories, broken, counts } = await simulated(
    '--of',
    'indexed-db',
    '--histories',
    '300',
    '--seed',
    '1',
  )
  expect({ histories, broken }).toEqual({ histories: 300, broken: {} })
  const faults = [...Object.values(CALL_FAULTS).flat(), ...SITE_FAULTS]
  expect(faults.filter(fault => counts[fault] === undefined)).toEqual([])
})

test('300 histories of the probe at servers of every kind claim nothing that was not shown', async () => {
  const { histories, broken } = await simulated('--of', 'probe', '--histories', '300', '--seed', '1')
  expect({ histories, broken }).toEqual({ histories: 300, broken: {} })
})
