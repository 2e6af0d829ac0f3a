import type { KyInstance, Options as KyOptions } from 'ky'
import type { Client } from '../client/client.ts'
import { buildClient } from '../client/client.ts'
import type { CreateTransport } from '../client/scoped-engines.ts'
import { called } from '../guards/callback.ts'
import { lateRuntime } from '../client/performing-part.ts'
import type { ClientOptions } from '../client/options.ts'
import { kyTransport } from '../transports/ky.ts'

/** The client's options with ky as its http layer. */
export type CreateClientOptions = ClientOptions & {
  /**
   * A ky instance with its hooks, ky options, or a function that returns either for a scope. The function is called
   * once for each scope while that scope is in use. Retries and timeouts are those of the client, not of ky.
   */
  readonly http?: Http | ((scope: string) => Http) | undefined
}

type Http = KyInstance | KyOptions

/**
 * A client for API calls that must not happen twice, with ky as its http layer. Throws an OperationError with
 * code `configuration` that names the wrong option.
 *
 * @example
 * const client = createClient({
 *   http: { baseUrl: 'https://api.example/' },
 *   store: memoryStore(),
 *   scope: () => session.userId,
 *   profile: ietf,
 * })
 */
export function createClient(options: ClientOptions & { readonly http: (scope: string) => Http }): Client
export function createClient(options: CreateClientOptions): Client
export function createClient(options: CreateClientOptions): Client {
  return buildClient(options, 'http', () => transportOf(options.http), lateRuntime())
}

function transportOf(http: CreateClientOptions['http']): ReturnType<CreateTransport> {
  return typeof http === 'function' && !('extend' in http)
    ? scope => kyTransport(called(() => http(scope), 'http'))
    : kyTransport(http)
}

export * from './client-exports.ts'
