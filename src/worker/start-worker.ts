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
 * A worker goes on with what is open, of all scopes of a client, as long as the service runs.
 *
 * What it takes up: what `client.resume({ scope: 'all', send: true })` may take up. Open records whose definition the client
 * has, that nobody holds. What was written by `enqueue` is such a record, one that was never sent. What was never sent, and
 * whose callers have that outcome, is left to them.
 *
 * In what order: the oldest first within a scope, the scopes in turn (open-scopes.ts).
 *
 * What taking up is: one look, as `watch` takes it: at most one request, sent or asked, behind the same gate as every other one.
 * Between looks an operation holds nothing: no lease, no place among the `concurrency` that are under way, no memory but for when
 * it is due (core/put-off.ts). One that is open still is due again after a pause that grows. While a server is down one operation at
 * a time tries it (core/origins.ts).
 *
 * What its server refuses without proof, again and again, is not sent for ever: after six looks in a row it is only asked about,
 * and waits for somebody (core/refusals.ts). A refusal that is proof ends it, as ever.
 *
 * How it paces itself: while there is something to do, as fast as `concurrency` lets it. After a round over all scopes in which
 * nothing was due it pauses, longer each time, until a call of this process, or the store, says that something was written. Such a
 * word is a hint: what is missed is seen by the next round.
 *
 * When the store fails: it pauses, longer each time, and `health()` says so. What is under way goes by its own rules.
 *
 * When two workers run, or a worker and calls: whoever claims the record first, by compare-and-set, looks; the others pass by.
 * What another worker has looked at is put off as if this one had.
 *
 * When the process was frozen: its leases have run out, others have taken over, and the gate lets nothing of it pass; it goes
 * on with what it finds then.
 *
 * When it is stopped (SIGTERM, `stop()`, `client.close()`): it takes nothing up any more. What is under way may end within
 * `shutdownWithin`. What is not in the air then lets go. What is in the air is freed by a write from outside of its run: the
 * attempt stays written down as one that may have executed, so that whoever takes over counts it so, and takes over at once,
 * without waiting for the lease. The answer is still read while the process lives, and a proof in it still counts.
 */

/** A worker that runs. */
export interface OperationWorker {
  /** Figures for a probe, and whether they are those of a worker in good health. */
  health(): WorkerHealth
  /**
   * Takes nothing up any more, waits up to `shutdownWithin` for what is under way, frees the rest, and says what became of it.
   * Never rejects. Close the client and the store after it.
   */
  stop(): Promise<WorkerStopped>
  /** Resolves when it has stopped, for whatever reason. */
  readonly stopped: Promise<WorkerStopped>
}

/**
 * Goes on with the open operations of all scopes, as long as the process runs: what calls left open, what other processes left
 * when they died, what `enqueue` wrote. Register the definitions on the client first. One or many may run for a store. Throws a
 * `configuration` error that names the mistake.
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
