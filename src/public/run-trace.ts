import type { RunMode } from '../core/run/run-mode.ts'
import type { OperationEventListener } from './event-listener.ts'

/** A run that begins. */
export type TracedRun = {
  readonly name: string
  readonly operationId: string
  readonly scope: string
  /** `run` begins the operation or goes on with it, `resume` only goes on with it, `ask` never sends. */
  readonly mode: RunMode
}

/** What follows one run. */
export type RunTrace = {
  /** For the run's events, in the place of what the option `traceId` gives. */
  readonly traceId?: string | undefined
  /**
   * Trace context for each request of the run, as `traceparent`: names in lower case that say what they are (`trace…`,
   * `baggage`, `b3`, `x-datadog-…`). It is no part of what the request means: never stored with the request, nor in its fingerprint; what the
   * definition sets itself goes before it. `traceparent` is kept with the lease, so that who takes over can link to this run.
   */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Gets the events of this run. */
  readonly onEvent?: OperationEventListener | undefined
}

/** Called in the tick in which a run begins, synchronously; looks of a watch are no runs. */
export type RunTracer = (run: TracedRun) => RunTrace | undefined
