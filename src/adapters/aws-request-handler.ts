import type { Fetch } from '../public/transport.ts'
import { awsQuery } from './aws-query.ts'
import type { AwsQuery } from './aws-query.ts'
import { joinedHeaders, sent, streamOf, withQuery } from './sdk-fetch.ts'
import { within } from './waiting.ts'

/** A request of the AWS SDK for JavaScript v3 (`HttpRequest` of @smithy/types). */
export type AwsRequest = {
  readonly method: string
  readonly protocol: string
  readonly hostname: string
  readonly port?: number | undefined
  readonly path: string
  readonly query?: AwsQuery | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body?: unknown
}

type AwsResponse = {
  readonly statusCode: number
  readonly reason: string
  readonly headers: Record<string, string>
  /** The SDK reads the whole stream, or passes it to its user, as with the bytes of an S3 object. */
  readonly body: ReadableStream<Uint8Array>
}

/**
 * The `requestHandler` of a client of the AWS SDK v3: `new ECSClient({ requestHandler: awsRequestHandler(once) })`.
 * Each request has a different signature, so `client.fetch` needs `account`.
 */
export function awsRequestHandler(fetch: Fetch): {
  handle(
    request: AwsRequest,
    options?: { readonly abortSignal?: unknown; readonly requestTimeout?: number | undefined },
  ): Promise<{ response: AwsResponse }>
  readonly metadata: { readonly handlerProtocol: string }
  updateHttpClientConfig(): void
  httpHandlerConfigs(): Record<string, never>
  destroy(): void
} {
  return {
    metadata: { handlerProtocol: 'http/1.1' },
    async handle({ method, protocol, hostname, port, path, query, headers, body }, options) {
      const host = port === undefined ? hostname : `${hostname}:${port}`
      const url = withQuery(`${protocol}//${host}${path}`, awsQuery(query))
      const signal = within(options?.requestTimeout, options?.abortSignal)
      const response = await sent(fetch, { method, url, headers, body, signal })
      return {
        response: {
          statusCode: response.status,
          reason: response.statusText,
          headers: joinedHeaders(response.headers),
          body: streamOf(response),
        },
      }
    },
    updateHttpClientConfig() {},
    httpHandlerConfigs: () => ({}),
    destroy() {},
  }
}
