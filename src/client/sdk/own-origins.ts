import type { Engine } from '../../engine/engine.ts'
import { ownOrigin } from '../../engine/request/stored-payload.ts'
import type { Transport } from '../../public/transport.ts'

/** The origin of each http layer, so that a `baseUrl` is parsed once instead of at each call. */
export class OwnOrigins {
  readonly #origins = new WeakMap<Transport, string>()

  of(engine: Engine): string | undefined {
    const known = this.#origins.get(engine.transport)
    if (known !== undefined) return known
    const origin = ownOrigin(engine)
    if (origin !== undefined) this.#origins.set(engine.transport, origin)
    return origin
  }
}
