import type { Command } from '../core/run/run-commands.ts'
import type { RunEvent } from '../core/run/run-events.ts'
import type { RunActivity } from '../core/run/run-state.ts'
import type { Runtime } from './runtime.ts'

/** A run, as far as its watcher has to know it. */
export type WatchedRun = {
  readonly operationId: string
  readonly plan: { readonly name: string }
  readonly engine: { readonly runtime: Runtime }
}

/** Gets each event that a run takes, what the run does then, and what it has done for it. */
type RunWatcher = (run: WatchedRun, event: RunEvent, does: RunActivity, commands: readonly Command[]) => void

/** Who sees the steps of all runs of this process: a test, or nobody. */
export const runWatch: { see: RunWatcher | undefined } = { see: undefined }
