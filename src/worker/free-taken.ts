import type { ClientCore } from '../client/client-core.ts'
import type { LiveRun } from '../client/live-run.ts'
import type { Candidate } from '../client/stored/take-up.ts'
import { freeClaim } from '../client/stored/take-up.ts'
import { Cue } from '../runtime/cue.ts'
import { pause } from '../runtime/pause.ts'

/** How long a stopped worker waits for the store to free what the worker holds, ms. */
const FREE_MS = 1_500

/** An operation that a worker has taken up. */
export type Taken = {
  readonly candidate: Candidate
  /** The run that looks at the operation, once it has begun. */
  run: LiveRun<unknown> | undefined
}

/**
 * Frees an operation of a stopped worker. Returns whether other workers can take it up without waiting for its lease.
 */
export async function freeTaken(core: ClientCore, { candidate, run }: Taken): Promise<boolean> {
  // Nothing was claimed for it yet.
  if (run === undefined) return true
  const timeUp = new Cue()
  const freed = freeClaim(core, candidate.operation).then(
    () => true,
    () => false,
  )
  const isFree = await Promise.race([freed, pause(core.engine.runtime, FREE_MS, timeUp).then(() => false)])
  timeUp.fire()
  return isFree
}
