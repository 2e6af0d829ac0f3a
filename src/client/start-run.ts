import type { Identity } from '../core/record/record-of.ts'
import type { RunMode } from '../core/run/run-mode.ts'
import type { Plan } from '../engine/plan.ts'
import type { Engine } from '../engine/engine.ts'
import type { RunFacts } from '../engine/run/run-facts.ts'
import { openJournal } from '../engine/stored/journal.ts'
import type { StandardSchema } from '../public/standard-schema.ts'
import { Cue } from '../runtime/cue.ts'
import { pause } from '../runtime/pause.ts'
import type { ClientCore } from './client-core.ts'
import type { LiveRunInit } from './live-run-init.ts'
import { LiveRun } from './live-run.ts'

export type RunInit = {
  /** The operation's key in the table of live runs. */
  readonly liveKey: string
  readonly identity: Identity
  /** The storage key of the record, if it is known. */
  readonly place: string | undefined
  readonly operationId: string
  readonly plan: Plan
  readonly schema: StandardSchema | undefined
  readonly mode: RunMode
  readonly scopeNow: () => string
  /** The engine of the run. Default: the client's own. */
  readonly engine?: Engine | undefined
} & Pick<LiveRunInit, 'look' | 'prepare' | 'retarget' | 'waitedMs'>

/** Starts a run and adds it to the table of live runs, in the same tick. */
export function startRun(core: ClientCore, init: RunInit): LiveRun<unknown> {
  const { live } = core
  const { engine = core.engineOf(init.identity.scope) } = init
  const previous = live.get(init.liveKey)
  const run = new LiveRun<unknown>({
    engine,
    plan: init.plan,
    identity: init.identity,
    operationId: init.operationId,
    mode: init.mode,
    look: init.look,
    schema: init.schema,
    scopeNow: init.scopeNow,
    waitedMs: init.waitedMs,
    retarget: init.retarget,
    asking: core.stored,
    openJournal: () => openJournal(engine, engine.store, init),
    prepare:
      previous === undefined
        ? init.prepare
        : async x => {
            await awaitRelease(previous, x)
            return init.prepare(x)
          },
  })
  live.set(init.liveKey, run)
  run.onRelease(() => {
    if (live.get(init.liveKey) === run) live.delete(init.liveKey)
    core.watching?.runOver(init.liveKey, run)
  })
  if (core.isClosed) run.stop('closed')
  return run
}

/**
 * Nobody can join a run that is aborting. The next caller waits until that run has let go, but not past its own
 * deadline.
 */
export async function awaitRelease(previous: LiveRun<unknown>, x: RunFacts): Promise<void> {
  const done = new Cue()
  void previous.released.then(() => done.fire())
  x.stopCue.on(() => done.fire())
  if (x.stopRequest !== undefined) done.fire()
  await pause(x.engine.runtime, Math.max(0, x.remainingMs), done)
}
