import type { ClientCore } from './client-core.ts'

/** The core of each client, for workers: they need more than a client's public methods. */
const cores = new WeakMap<object, ClientCore>()

export function keepCore(client: object, core: ClientCore): void {
  cores.set(client, core)
}

/** Undefined if `client` is not a client of this package. */
export function coreOf(client: object): ClientCore | undefined {
  return cores.get(client)
}
