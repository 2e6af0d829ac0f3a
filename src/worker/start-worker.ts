import type { Client } from '../client/client.ts'
import { coreOf } from '../client/client-inside.ts'
import { loadedStoredPart } from '../client/parts.ts'
import { prefixOf } from '../client/stored/whose.ts'
import { configurationError } from '../public/errors.ts'
import type { WorkerHealth } from './core/worker-health.ts'
import { endOnSignal } from './end-on-signal.ts'
import type { WorkerStopped } from './worker-loop.ts'
import { WorkerLoop } from './worker-loop.ts'
import type { WorkerOptions } from './worker-options.ts'
import { resolveWorkerOptions } from './worker-options.ts'

/*
 * A worker finishes open operations, of all scopes of a client, while the service runs.
 *
 * What it takes up: the operations that `client.resume({ scope: 'all', send: true })` may take up. Those are open
 * records that nobody holds and whose definition the client has. `enqueue` writes such a record, one that was never
 * sent. An operation that was never sent, and whose callers were given that outcome, is left to its callers.
 *
 * Order: the oldest first within a scope, and the scopes in turn (open-scopes.ts).
 *
 * Taking up an operation means one look, like a look of `watch`: at most one request, to send or to ask, behind the
 * same gate as every other request. Between looks an operation occupies nothing: no lease, none of the `concurrency`
 * places, and no memory except for the time when it is due (core/put-off.ts). An operation that is still open is due
 * again after a growing pause. While a server is down, one operation at a time tries it (core/origins.ts).
 *
 * Refusals: an operation that its server refuses again and again, without proof, is not sent for ever. After six
 * looks in a row the worker only asks for its status, and the operation waits for somebody (core/refusals.ts). A
 * refusal that is proof ends the operation, as always.
 *
 * Pace: while operations are due, as fast as `concurrency` permits. After a round over all scopes in which nothing
 * was due, the worker pauses, longer each time, until a call of this process or a hint of the store announces a
 * write. Announcements are only hints: the next round finds whatever was missed.
 *
 * When the store fails, the worker pauses, longer each time, and `health()` shows the failure. Running operations
 * follow their own rules.
 *
 * With several workers, or a worker and calls: the first one to claim the record by compare-and-set looks, and the
 * others move on. An operation that another worker has looked at is put off as if this one had looked.
 *
 * After the process was frozen, its leases have run out and other processes have taken over. The gate stops its old
 * requests, and the worker goes on with the records as they are then.
 *
 * When the worker is stopped (SIGTERM, `stop()`, `client.close()`), it takes nothing more up. Running operations may
 * end within `shutdownWithin`. After that, runs without a request on its way let go. An operation with a request on
 * its way is freed by a write from outside of its run: the attempt stays recorded as one that may have executed. So
 * another process that takes over counts the attempt that way, and can take over at once, without waiting for the
 * lease. The answer is still read while the process lives, and a proof in the answer still counts.
 */

/** A running worker. */
export interface OperationWorker {
  /** Figures for a health probe, and whether the worker is healthy. */
  health(): WorkerHealth
  /**
   * Takes up no more operations, waits up to `shutdownWithin` for the running ones, frees the rest, and resolves with
   * what happened to them. Never rejects. Close the client and the store afterwards.
   */
  stop(): Promise<WorkerStopped>
  /** Resolves when the worker has stopped, for whatever reason. */
  readonly stopped: Promise<WorkerStopped>
}

/**
 * Works on the open operations of all scopes while the process runs: operations that calls left open, that other
 * processes left when they died, and that `enqueue` wrote. Register the definitions on the client first. One or many
 * workers may run on a store. Throws a `configuration` error that names the mistake.
 *
 * @example
 * const worker = startWorker(client)
 * probe.on('request', (_, answer) => answer.writeHead(worker.health().isHealthy ? 200 : 503).end())
 * await worker.stopped // SIGTERM
 * await client.close()
 */
export function startWorker(client: Client, options?: WorkerOptions): OperationWorker {
  const settings = resolveWorkerOptions(options)
  const core = typeof client === 'object' && client !== null ? coreOf(client) : undefined
  if (core === undefined) throw configurationError('startWorker.client', 'must be a client of `createClient`')
  if (core.isClosed) throw configurationError('startWorker.client', 'must be a client that was not closed')
  prefixOf('all', 'startWorker')
  const loop = new WorkerLoop(core, settings, loadedStoredPart)
  const endSignals = endOnSignal(settings.stopOn, () => loop.stop())
  void loop.stopped.then(endSignals)
  return { health: () => loop.health(), stop: () => loop.stop(), stopped: loop.stopped }
}
