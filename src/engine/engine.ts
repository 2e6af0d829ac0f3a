import type { EventDetails, OperationEventListener } from '../public/events.ts'
import type { ClientSettings } from './settings.ts'
import type { RecordStore } from '../public/store.ts'
import type { Transport } from '../public/transport.ts'
import type { ListenerErrors } from '../guards/listeners.ts'
import { tell } from '../guards/listeners.ts'
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
  readonly emit: (about: EventSubject, details: EventDetails) => void
  /** Where the errors of listeners go. */
  readonly listenerFailed: ListenerErrors
}

/** Who writes, and the number of each write: by these a writer knows its own one again. */
export type WriterIdentity = { readonly runner: string; nextWrite(): number }

type EventSubject = {
  readonly name: string
  readonly operationId: string
  readonly key: string | undefined
}

/** Gives events to the listener; its mistakes are its own and never reach a run. */
export function emitter(
  runtime: Runtime,
  listener: OperationEventListener | undefined,
  onError: ListenerErrors,
): Engine['emit'] {
  if (listener === undefined) return () => {}
  return (about, details) => {
    const event = { ...about, at: runtime.now(), ...details }
    tell(() => listener(event), 'onEvent', onError)
  }
}
