import type { Client } from '../client/client.ts'
import { buildClient } from '../client/client.ts'
import type { CreateTransport } from '../client/scoped-engines.ts'
import { called } from '../guards/callback.ts'
import { lateRuntime } from '../client/performing-part.ts'
import { configurationError } from '../public/errors.ts'
import type { ClientOptions } from '../client/options.ts'
import { isObject } from '../guards/option-checks.ts'
import type { Transport } from '../public/transport.ts'

/** The client's options with a transport of your choice. */
export type CreateClientOptions = ClientOptions & {
  /**
   * Required: `fetchTransport()` of `stillonce/fetch`, your own transport, or a function that returns one for a scope.
   */
  readonly transport: Transport | ((scope: string) => Transport)
}

/**
 * The same client without ky, for the smallest bundle. Throws an OperationError with code `configuration` that names
 * the wrong option.
 */
export function createClient(options: CreateClientOptions): Client {
  return buildClient(options, 'transport', () => transportOf(options.transport), lateRuntime())
}

function transportOf(transport: CreateClientOptions['transport']): ReturnType<CreateTransport> {
  return typeof transport === 'function'
    ? scope => checked(called(() => transport(scope), 'transport'))
    : checked(transport)
}

function checked(transport: Transport): Transport {
  const complete =
    isObject(transport) &&
    ['resolveUrl', 'send', 'innermostFetch'].every(name => typeof transport[name] === 'function')
  if (!complete) throw configurationError('transport', 'is required: fetchTransport() of stillonce/fetch')
  return transport
}

export * from './client-exports.ts'
