import { v4 } from 'uuid'
import { carrierOf, isNodeProcess } from './carrier.ts'
import { systemDigest } from './digest.ts'
import { currentHolder, isDeadHere } from './process-identity.ts'
import { whenSomebodyIsBack } from './page-is-back.ts'
import { randomBits } from './random-stock.ts'
import { sharedTimers } from './shared-timers.ts'

/**
 * A UUID of our own random bits: without them, `v4` uses `crypto.randomUUID` (random-stock.ts explains why that is
 * avoided).
 */
function createKey(): string {
  return v4({ random: randomBits() })
}

/**
 * What sending needs of the platform: facts about its fetch and its processes, its hash and its randomness. Loaded with
 * the performing code.
 */
export const platform = {
  createKey,
  carrierOf,
  isNodeProcess,
  sharedTimers,
  systemDigest,
  currentHolder,
  isDeadHere,
  whenSomebodyIsBack,
}
