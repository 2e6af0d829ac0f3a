import type { Payload } from '../../engine/request/payload.ts'
import type { ClientCore } from '../client-core.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import type { Settled } from '../settled.ts'
import type { Snapshot } from '../snapshot.ts'
import type { ResumeOptions } from './call-arguments.ts'
import { WatchTable } from './watch-table.ts'
import type { OneWatcher } from './watchers.ts'

/**
 * Gets what is known of the operation after each look, with `nextLookAt`; and once, with the last call, how it ended.
 * Nothing is called after that, nor after the watch was stopped.
 */
export type WatchListener<Output = unknown> = (
  snapshot: Snapshot<Output>,
  end: Settled<Output> | undefined,
) => void

/**
 * Watches one operation until its outcome is known, for whoever shows it: a component, a page without React. It looks at
 * once; where a run of the operation is under way in this process, or begins, its end goes to the watchers, and where that is unknown
 * the looks go on after it. A watch neither keeps a run going nor stops one.
 *
 * `operation.watch(input, listener, options)` is this function for those who have the operation itself; the hook uses that.
 * All watches of a client share one table of looks: while a server is down, one of them asks for all.
 */
export function watchOne<Output>(
  context: OperationContext,
  operation: Named,
  listener: WatchListener<Output>,
  { send, signal }: ResumeOptions = {},
  ownPayload?: () => Promise<Payload>,
): () => void {
  const table = tableOf(context.core)
  let stop = () => {}
  const told = listener as OneWatcher['listener']
  const watcher: OneWatcher = {
    listener: (snapshot, end) => {
      // Nothing is left of it at the signal, which may outlast many watches.
      if (end !== undefined) stop()
      told(snapshot, end)
    },
    scopeNow: context.scopeNow,
    send: send === true,
    ownPayload: send === true ? ownPayload : undefined,
  }
  stop = until(context.core, signal, () => table.watchOne(context, operation, watcher))
  return stop
}

/** Watches all open operations of whoever is logged in: those that are stored now, and those that are left open later. */
export function watchScope(
  core: ClientCore,
  scopeNow: () => string,
  { send, signal }: ResumeOptions,
): () => void {
  const table = tableOf(core)
  return until(core, signal, () => table.watchScope({ scopeNow, send: send === true }))
}

function tableOf(core: ClientCore): WatchTable {
  if (core.watching instanceof WatchTable) return core.watching
  const table = new WatchTable(core)
  core.watching = table
  return table
}

/** Returns what ends it; the signal ends it too. A client that is closed begins none. */
function until(core: ClientCore, signal: AbortSignal | undefined, start: () => () => void): () => void {
  if (signal?.aborted === true || core.isClosed) return () => {}
  const end = start()
  const stop = () => {
    signal?.removeEventListener('abort', stop)
    end()
  }
  signal?.addEventListener('abort', stop)
  return stop
}
