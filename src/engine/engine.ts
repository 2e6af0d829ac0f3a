import type { Budget } from '../core/retry-budget.ts'
import { fullBudget } from '../core/retry-budget.ts'
import type { EventDetails, OperationEventListener } from '../events.ts'
import type { ClientSettings } from '../options.ts'
import type { RecordStore } from '../store.ts'
import type { Transport } from '../transports/transport.ts'
import type { Reading, ServerClock, Sighting } from '../core/server-clock.ts'
import { afterSighting } from '../core/server-clock.ts'
import type { WriterIdentity } from './journal.ts'
import type { Runtime } from './runtime.ts'

/** What all runs of one client share: one runner, one store, one http layer, one budget per origin. */
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
}

type EventSubject = {
  readonly name: string
  readonly operationId: string
  readonly key: string | undefined
}

/** Budgets by origin. */
export class Budgets {
  readonly #byOrigin = new Map<string, Budget>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  of(origin: string): Budget {
    return this.#byOrigin.get(origin) ?? fullBudget(this.#now())
  }

  set(origin: string, budget: Budget): void {
    this.#byOrigin.set(origin, budget)
  }
}

/** The first sends of so many keys are remembered. */
const MOST_FIRST_SENDS = 1_000

/** What is known of the servers' clocks, by origin, and when keys were first sent by those of this process. */
export class ServerClocks {
  readonly #byOrigin = new Map<string, ServerClock>()
  readonly #firstSends = new Map<string, Reading>()

  of(origin: string): ServerClock {
    return this.#byOrigin.get(origin) ?? []
  }

  saw(origin: string, sighting: Sighting): void {
    this.#byOrigin.set(origin, afterSighting(this.of(origin), sighting))
  }

  firstSend(key: string | undefined): Reading | undefined {
    return key === undefined ? undefined : this.#firstSends.get(key)
  }

  began(key: string, at: Reading): void {
    const [oldest] = this.#firstSends.keys()
    if (oldest !== undefined && this.#firstSends.size >= MOST_FIRST_SENDS) this.#firstSends.delete(oldest)
    this.#firstSends.set(key, at)
  }
}

/** Gives events to the listener; its mistakes are its own and never reach a run. */
export function emitter(runtime: Runtime, listener: OperationEventListener | undefined): Engine['emit'] {
  if (listener === undefined) return () => {}
  return (about, details) => {
    try {
      listener({ ...about, at: runtime.now(), ...details })
    } catch (error) {
      // Told where uncaught errors are told, but not inside the run.
      queueMicrotask(() => {
        throw error
      })
    }
  }
}
