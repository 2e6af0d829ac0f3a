import type { Payload } from '../../engine/request/payload.ts'
import type { ClientCore } from '../client-core.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import type { Settled } from '../settled.ts'
import type { Snapshot } from '../snapshot.ts'
import type { ResumeOptions } from './call-arguments.ts'
import { WatchTable } from './watch-table.ts'
import type { OneWatcher } from './watchers.ts'

/**
 * Called with what is known of the operation after each look, including `nextLookAt`, and with the last call once with
 * how it ended. Nothing is called after that, nor after the watch was stopped.
 */
export type WatchListener<Output = unknown> = (
  snapshot: Snapshot<Output>,
  end: Settled<Output> | undefined,
) => void

/**
 * Watches one operation until its outcome is known, for whatever shows it: a component, or a page without React. It
 * looks at once. If a run of the operation is under way in this process, or begins, the run's end goes to the watchers;
 * if that end is unknown, the looks go on after it. A watch neither keeps a run going nor stops one.
 *
 * `operation.watch(input, listener, options)` calls this function, and the hook uses that method. All watches of a
 * client share one table of looks: while a server is down, a single look probes it for all operations.
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
      // The watch removes its listener from the signal, which may outlast many watches.
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

/** Watches all open operations of whoever is logged in: those stored now, and those left open later. */
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

/** Starts a watch, which ends by the returned function or by the signal. A closed client starts none. */
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
