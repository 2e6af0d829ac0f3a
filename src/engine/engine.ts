import type { Budget } from '../core/retry-budget.ts'
import { fullBudget } from '../core/retry-budget.ts'
import type { EventDetails, OperationEventListener } from '../events.ts'
import type { ClientSettings } from '../options.ts'
import type { RecordStore } from '../store.ts'
import type { Transport } from '../transports/transport.ts'
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
