import type { Budget } from '../core/run/retry-budget.ts'
import { fullBudget } from '../core/run/retry-budget.ts'
import type { EventDetails, OperationEventListener } from '../public/events.ts'
import type { ClientSettings } from './settings.ts'
import type { RecordStore } from '../public/store.ts'
import type { Transport } from '../public/transport.ts'
import type { ClockReading, ServerClock, Sighting } from '../core/record/server-clock.ts'
import { afterSighting } from '../core/record/server-clock.ts'
import type { ListenerErrors } from '../guards/listeners.ts'
import { tell } from '../guards/listeners.ts'
import type { Runtime } from '../runtime/runtime.ts'

/** What all runs of one client share: one runner, one store, one http layer, one budget per user and origin. */
export type Engine = {
  readonly runtime: Runtime
  readonly store: RecordStore
  readonly transport: Transport
  readonly settings: ClientSettings
  readonly writer: WriterIdentity
  readonly budgets: Budgets
  readonly serverClocks: ServerClocks
  /** Whose credential is used now; throws where nobody can tell. */
  readonly account: () => string
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

/** A service may act for any number of users: this many budgets are remembered, those used last. */
const MOST_BUDGETS = 1_000

/** Budgets by whoever spends: a user at an origin, so that what fails for one takes nothing from another. */
export class Budgets {
  readonly #bySpender = new Map<string, Budget>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  of(spender: string): Budget {
    return this.#bySpender.get(spender) ?? fullBudget(this.#now())
  }

  set(spender: string, budget: Budget): void {
    // Set anew, it is the last one of the map.
    this.#bySpender.delete(spender)
    this.#bySpender.set(spender, budget)
    if (this.#bySpender.size <= MOST_BUDGETS) return
    const oldest = this.#bySpender.keys().next()
    if (oldest.done !== true) this.#bySpender.delete(oldest.value)
  }
}

/** Keys whose first send is remembered, at most. */
const MOST_FIRST_SENDS = 1_000

/** What is known of the servers' clocks, by origin, and when keys were first sent by those of this process. */
export class ServerClocks {
  readonly #byOrigin = new Map<string, ServerClock>()
  readonly #firstSends = new Map<string, ClockReading>()

  of(origin: string): ServerClock {
    return this.#byOrigin.get(origin) ?? []
  }

  saw(origin: string, sighting: Sighting): void {
    this.#byOrigin.set(origin, afterSighting(this.of(origin), sighting))
  }

  firstSend(key: string | undefined): ClockReading | undefined {
    return key === undefined ? undefined : this.#firstSends.get(key)
  }

  began(key: string, at: ClockReading): void {
    if (this.#firstSends.size >= MOST_FIRST_SENDS) {
      const oldest = this.#firstSends.keys().next()
      if (oldest.done !== true) this.#firstSends.delete(oldest.value)
    }
    this.#firstSends.set(key, at)
  }
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
