import { describe, expect, test } from 'vitest'
import { memoryStore } from '../../../src/stores/memory.ts'
import { storeContract, type StoreUnderTest } from '../../../src/testing/store-contract.ts'
import { trialClock } from '../../stores/trial-clock.ts'

const STORES: Readonly<Record<string, () => StoreUnderTest>> = {
  memoryStore: () => {
    const clock = trialClock()
    return { clock, open: () => memoryStore({ now: clock.now }) }
  },
}

describe.each(Object.entries(STORES))('%s keeps the contract in Chromium', (_name, subject) => {
  test.each(storeContract)('$name', async ({ run }) => {
    await expect(run(subject())).resolves.toBeUndefined()
  })
})
