import type { ClientCore } from './client-core.ts'

/** What a worker needs of a client beside its methods. */
const cores = new WeakMap<object, ClientCore>()

export function keepCore(client: object, core: ClientCore): void {
  cores.set(client, core)
}

/** Undefined where it is no client of this package. */
export function coreOf(client: object): ClientCore | undefined {
  return cores.get(client)
}
