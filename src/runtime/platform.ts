import { v4 } from 'uuid'
import { carrierOf, isNodeProcess } from './carrier.ts'
import { systemDigest } from './digest.ts'
import { currentHolder, isDeadHere } from './process-identity.ts'
import { whenSomebodyIsBack } from './page-is-back.ts'
import { sharedTimers } from './shared-timers.ts'

/**
 * A UUID of random bits of its own: without them `v4` takes `crypto.randomUUID`, whose stock the processes of one startup
 * snapshot of Node share, so that two operations would have one key.
 *
 * @see findings/node-gives-processes-of-one-snapshot-the-same-ids.sh
 */
function createKey(): string {
  return v4({ random: crypto.getRandomValues(new Uint8Array(16)) })
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
