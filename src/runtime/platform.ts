import { v4 } from 'uuid'
import { carrierOf, isNodeProcess } from './carrier.ts'
import { systemDigest } from './digest.ts'
import { currentHolder, isDeadHere } from './process-identity.ts'
import { whenSomebodyIsBack } from './page-is-back.ts'
import { randomBits } from './random-stock.ts'
import { sharedTimers } from './shared-timers.ts'

/** A UUID of random bits of its own: without them `v4` takes `crypto.randomUUID` (random-stock.ts says why not). */
function createKey(): string {
  return v4({ random: randomBits() })
}

/** What the platform gives those who send: facts of its fetch, its processes, its hash and its chance. It comes with what performs. */
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
