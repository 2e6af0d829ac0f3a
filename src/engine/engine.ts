import type { OperationEventListener, ReportedFields } from '../public/event-listener.ts'
import type { RunTrace, RunTracer } from '../public/run-trace.ts'
import type { ClientSettings } from './settings.ts'
import type { RecordStore } from '../public/store.ts'
import type { Transport } from '../public/transport.ts'
import type { ListenerErrors } from '../guards/listeners.ts'
import { tell } from '../guards/listeners.ts'
import { synchronous } from '../guards/synchronous.ts'
import type { Runtime } from '../runtime/runtime.ts'

/** What all runs of one client share: one runner, one store, one http layer. */
export type Engine = {
  readonly runtime: Runtime
  readonly store: RecordStore
  readonly transport: Transport
  readonly settings: ClientSettings
  readonly writer: WriterIdentity
  /** The name of the credential that this user's requests carry now; throws if it is not known. */
  readonly account: (scope: string) => string
  /** The user's current trace id: of the call being made, or of the run that begins. */
  readonly traceId: () => string | undefined
  /** Makes the trace of a run that begins. */
  readonly trace: RunTracer | undefined
  readonly emit: (about: EventSubject, details: ReportedFields) => void
  /** Receives the errors of listeners. */
  readonly listenerFailed: ListenerErrors
}

/** The writer's name and the number of each write, by which a writer recognises its own write. */
export type WriterIdentity = { readonly runner: string; nextWrite(): number }

type EventSubject = {
  readonly name: string
  readonly operationId: string
  readonly scope: string
  readonly key: string | undefined
  readonly traceId?: string | undefined
  /** The trace of the run that the event belongs to. */
  readonly trace?: RunTrace | undefined
}

/** Passes events to the listeners. Their mistakes are reported and never reach a run. */
export function emitter(
  runtime: Runtime,
  listener: OperationEventListener | undefined,
  onError: ListenerErrors,
): Engine['emit'] {
  return ({ trace, ...about }, details) => {
    if (listener === undefined && trace?.onEvent === undefined) return
    const event = { ...about, at: runtime.now(), ...details }
    if (listener !== undefined) tell(() => listener(event), 'onEvent', onError)
    if (trace !== undefined) tell(() => trace.onEvent?.(event), 'trace', onError)
  }
}

/** Calls the user's `traceId`. A mistake in it is reported like a listener's, and stops nothing. */
export function tracer(
  traceId: (() => string | undefined) | undefined,
  onError: ListenerErrors,
): Engine['traceId'] {
  return () => {
    let id: unknown
    if (traceId !== undefined) tell(() => void (id = synchronous(traceId(), 'traceId')), 'traceId', onError)
    return typeof id === 'string' ? id : undefined
  }
}
