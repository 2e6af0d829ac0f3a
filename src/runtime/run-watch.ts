import type { Command } from '../core/run/run-commands.ts'
import type { RunEvent } from '../core/run/run-events.ts'
import type { RunActivity } from '../core/run/run-state.ts'
import type { Runtime } from './runtime.ts'

/** The part of a run that its watcher sees. */
export type WatchedRun = {
  readonly operationId: string
  readonly plan: { readonly name: string }
  readonly engine: { readonly runtime: Runtime }
}

/** Receives each event of a run, the run's activity after the event, and the commands that followed. */
type RunWatcher = (run: WatchedRun, event: RunEvent, does: RunActivity, commands: readonly Command[]) => void

/** Receives the steps of all runs of this process: set by tests only. */
export const runWatch: { see: RunWatcher | undefined } = { see: undefined }
