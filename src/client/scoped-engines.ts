import type { Engine } from '../engine/engine.ts'
import { asConfiguration } from '../guards/callback.ts'
import type { Transport } from '../public/transport.ts'

/** Makes the http layer: one for all, or what makes one for each scope. */
export type CreateTransport = () => Transport | ((scope: string) => Transport)

/** A service may act for any number of customers: the http layers of so many are kept, those used last. */
const MOST_SCOPES = 1_000

export type { ScopedEngines }

/** The http layers of a client whose scopes have their own. */
export function scopedEngines(...made: ConstructorParameters<typeof ScopedEngines>): ScopedEngines {
  return new ScopedEngines(...made)
}

/** The same engine with the http layer of a scope, where each has its own. */
class ScopedEngines {
  readonly #engine: Engine
  readonly #make: (scope: string) => Transport
  readonly #byScope = new Map<string, Engine>()

  constructor(engine: Engine, make: (scope: string) => Transport) {
    this.#engine = engine
    this.#make = make
  }

  of(scope: string): Engine {
    const known = this.#byScope.get(scope)
    this.#byScope.delete(scope)
    let engine = known
    if (engine === undefined) {
      try {
        engine = { ...this.#engine, transport: this.#make(scope) }
      } catch (error) {
        // Whoever sends or asks gets the error; the next call asks for the http layer again.
        return { ...this.#engine, transport: brokenTransport(asConfiguration(error, 'http')) }
      }
    }
    // Set anew, it is the last one of the map.
    this.#byScope.set(scope, engine)
    if (this.#byScope.size > MOST_SCOPES) {
      const oldest = this.#byScope.keys().next()
      if (oldest.done !== true) this.#byScope.delete(oldest.value)
    }
    return engine
  }
}

/** Sends nothing, and says why. */
function brokenTransport(mistake: Error): Transport {
  const refuse = (): never => {
    throw mistake
  }
  return { resolveUrl: refuse, send: refuse, innermostFetch: refuse }
}
