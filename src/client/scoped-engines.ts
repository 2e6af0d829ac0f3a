import type { Engine } from '../engine/engine.ts'
import { asConfiguration } from '../guards/callback.ts'
import type { Transport } from '../public/transport.ts'

/** Makes the http layer: one for all scopes, or a function that makes one for each. */
export type CreateTransport = () => Transport | ((scope: string) => Transport)

/** How many http layers are kept, the most recently used ones: a service may act for any number of customers. */
const MOST_SCOPES = 1_000

export type { ScopedEngines }

/** The http layers of a client whose scopes have their own. */
export function scopedEngines(...made: ConstructorParameters<typeof ScopedEngines>): ScopedEngines {
  return new ScopedEngines(...made)
}

/** Makes the engine of each scope: the same engine with the scope's own http layer. */
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
        // The caller that sends or asks gets the error; the next call tries again to make the http layer.
        return { ...this.#engine, transport: brokenTransport(asConfiguration(error, 'http')) }
      }
    }
    // Inserting the entry again makes it the last one of the map.
    this.#byScope.set(scope, engine)
    if (this.#byScope.size > MOST_SCOPES) {
      const oldest = this.#byScope.keys().next()
      if (oldest.done !== true) this.#byScope.delete(oldest.value)
    }
    return engine
  }
}

/** A transport that sends nothing and throws the mistake. */
function brokenTransport(mistake: Error): Transport {
  const refuse = (): never => {
    throw mistake
  }
  return { resolveUrl: refuse, send: refuse, innermostFetch: refuse }
}
