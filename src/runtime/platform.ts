import { v4 as createKey } from 'uuid'
import { carrierOf, isNodeProcess } from './carrier.ts'
import { systemDigest } from './digest.ts'
import { currentHolder, isDeadHere } from './process-identity.ts'
import { whenSomebodyIsBack } from './page-is-back.ts'
import { sharedTimers } from './shared-timers.ts'

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
