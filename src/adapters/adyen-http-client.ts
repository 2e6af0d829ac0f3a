import type { Fetch } from '../public/transport.ts'
import { adyenException, answeredException } from './adyen-exception.ts'
import { asForm, basic, sent, withQuery } from './sdk-fetch.ts'

/** The part of Adyen's configuration that is read here. */
export type AdyenConfig = {
  readonly apiKey?: string | undefined
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly applicationName?: string | undefined
}

/** The part of `IRequest.Options` of Adyen's library that is read here. */
export type AdyenRequestOptions = {
  readonly method?: string | undefined
  readonly headers?: unknown
  readonly params?: unknown
  readonly idempotencyKey?: string | undefined
}

/**
 * The http client of Adyen's library: `new Client(config, adyenHttpClient(once))`. The key is the `idempotencyKey` of
 * the call. A status other than 2xx rejects with an `HttpClientException`, by name and fields.
 */
export function adyenHttpClient(fetch: Fetch): {
  request(
    endpoint: string,
    json: string | Uint8Array,
    config: AdyenConfig,
    isApiKeyRequired: boolean,
    options?: AdyenRequestOptions,
  ): Promise<string>
} {
  return {
    async request(endpoint, json, { apiKey, username, password, applicationName }, isRequired, options = {}) {
      const { method = 'POST', params, idempotencyKey } = options
      if (isRequired && !apiKey) throw adyenException('Invalid X-API-Key was used', { statusCode: 401 })
      const response = await sent(fetch, {
        method,
        url: withQuery(endpoint, asForm(params).toString()),
        headers: {
          'content-type': 'application/json',
          'user-agent': applicationName,
          ...(apiKey ? { 'x-api-key': apiKey } : { authorization: basic(username, password) }),
          'idempotency-key': idempotencyKey,
          ...lowerCased(options.headers),
        },
        body: json,
        redirect: 'manual',
      })
      const text = await response.text()
      if (response.ok) return text
      throw answeredException(response, text)
    },
  }
}

function lowerCased(headers: unknown): Record<string, unknown> {
  return Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]))
}
