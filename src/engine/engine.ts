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
  /** Which credential of this user is used now; throws where this is not known. */
  readonly account: (scope: string) => string
  /** The user's trace id now: of the call that is made, or of the run that begins. */
  readonly traceId: () => string | undefined
  /** What follows a run that begins. */
  readonly trace: RunTracer | undefined
  readonly emit: (about: EventSubject, details: ReportedFields) => void
  /** Where the errors of listeners go. */
  readonly listenerFailed: ListenerErrors
}

/** Who writes, and the number of each write: by these a writer knows its own one again. */
export type WriterIdentity = { readonly runner: string; nextWrite(): number }

type EventSubject = {
  readonly name: string
  readonly operationId: string
  readonly scope: string
  readonly key: string | undefined
  readonly traceId?: string | undefined
  /** What follows the run that it is an event of. */
  readonly trace?: RunTrace | undefined
}

/** Gives events to the listener; its mistakes are its own and never reach a run. */
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

/** Asks for the trace id; a mistake in it is reported as one of a listener's, and stops nothing. */
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
