import { isOperationError } from '../public/errors.ts'
import type { Fetch } from '../public/transport.ts'
import { azureBody } from './azure-body.ts'
import type { AzureBody, AzureReading } from './azure-body.ts'
import { azureHeaders } from './azure-headers.ts'
import type { AzureHeaders } from './azure-headers.ts'
import { sent } from './sdk-fetch.ts'
import { within } from './waiting.ts'

/** A request of Azure's SDKs (`PipelineRequest` of @azure/core-rest-pipeline). */
export type AzureRequest = AzureReading & {
  readonly url: string
  readonly headers: AzureHeaders
  readonly body?: unknown
  readonly abortSignal?: unknown
  readonly timeout?: number | undefined
}

type AzureResponse<Asked> = AzureBody & {
  readonly request: Asked
  readonly status: number
  readonly headers: AzureHeaders
}

/**
 * The `httpClient` of a client of Azure's SDKs: `new EmailClient(endpoint, credential, { httpClient:
 * azureHttpClient(once) })`.
 */
export function azureHttpClient(fetch: Fetch): {
  sendRequest<Asked extends AzureRequest>(request: Asked): Promise<AzureResponse<Asked>>
} {
  return {
    async sendRequest(request) {
      const { method, url, headers, body, abortSignal, timeout } = request
      const response = await sent(fetch, {
        method,
        url,
        headers: headers.toJSON(),
        // A body that can be sent again is a function, which creates it for each attempt.
        body: typeof body === 'function' ? body() : body,
        signal: within(timeout, abortSignal),
      }).catch(throwWithoutResponse)
      const headersOfAnswer = azureHeaders(response.headers)
      const { status } = response
      return { request, status, headers: headersOfAnswer, ...(await azureBody(response, request)) }
    },
  }
}

/**
 * Azure's SDKs take an error with a `response` for one of their own: they would read the response and fail, and the
 * outcome would be lost.
 */
function throwWithoutResponse(error: unknown): never {
  if (isOperationError(error)) throw new Error(error.message, { cause: error })
  throw error
}
