import type { ClientCore } from '../client/client-core.ts'
import type { LiveRun } from '../client/live-run.ts'
import type { Candidate } from '../client/stored/take-up.ts'
import { freeClaim } from '../client/stored/take-up.ts'
import { Cue } from '../runtime/cue.ts'
import { pause } from '../runtime/pause.ts'

/** How long a stopped worker waits for the store that is to free what it holds, ms. */
const FREE_MS = 1_500

/** What a worker has taken up. */
export type Taken = {
  readonly candidate: Candidate
  /** The run that looks, once it does. */
  run: LiveRun<unknown> | undefined
}

/** Frees what a worker holds that is stopped. Whether nobody has to wait for the lease of the operation. */
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
