import type { RunMode } from '../core/run/run-mode.ts'
import type { OperationEventListener } from './event-listener.ts'

/** A run that is about to begin. */
export type TracedRun = {
  readonly name: string
  readonly operationId: string
  readonly scope: string
  /** `run` begins or continues the operation, `resume` only continues it, `ask` never sends it. */
  readonly mode: RunMode
}

/** What a tracer adds to one run. */
export type RunTrace = {
  /** The trace id for the run's events, instead of the one from the option `traceId`. */
  readonly traceId?: string | undefined
  /**
   * Trace context headers for each request of the run, such as `traceparent`. Names are in lower case and must be those
   * of trace context (`trace…`, `baggage`, `b3`, `x-datadog-…`). These headers are not part of the request's meaning:
   * they are not stored with the request and not in its fingerprint. A header of the same name in the definition has
   * priority. `traceparent` is stored with the lease, so that a runner that takes over can link to this run.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Receives the events of this run. */
  readonly onEvent?: OperationEventListener | undefined
}

/** Called synchronously, in the tick in which a run begins. The looks of a worker are runs, those of a watch are not. */
export type RunTracer = (run: TracedRun) => RunTrace | undefined
