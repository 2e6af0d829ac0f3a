import type { KyInstance, Options as KyOptions } from 'ky'
import type { Client } from '../client/client.ts'
import { buildClient } from '../client/client.ts'
import { lateRuntime } from '../client/performing-part.ts'
import type { ClientOptions } from '../client/options.ts'
import { kyTransport } from '../transports/ky.ts'

/** The client's options with ky as its http layer. */
export type CreateClientOptions = ClientOptions & {
  /** A ky instance with its hooks, or ky options. Its retries and timeouts are the engine's. */
  readonly http?: KyInstance | KyOptions | undefined
}

/**
 * A client for API calls that must not happen twice, with ky as its http layer. Throws an OperationError
 * with code `configuration` that names the option which is wrong.
 *
 * @example
 * const client = createClient({
 *   http: { baseUrl: 'https://api.example/' },
 *   store: memoryStore(),
 *   scope: () => session.userId,
 *   profile: ietf,
 * })
 */
export function createClient(options: CreateClientOptions): Client {
  return buildClient(options, 'http', () => kyTransport(options.http), lateRuntime())
}

export * from './client-exports.ts'
