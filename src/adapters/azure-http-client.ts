import { isOperationError } from '../public/errors.ts'
import type { Fetch } from '../public/transport.ts'
import { azureHeaders } from './azure-headers.ts'
import type { AzureHeaders } from './azure-headers.ts'
import { sent, within } from './sdk-fetch.ts'

/** A request of Azure's SDKs (`PipelineRequest` of @azure/core-rest-pipeline). */
export type AzureRequest = {
  readonly method: string
  readonly url: string
  readonly headers: AzureHeaders
  readonly body?: unknown
  readonly abortSignal?: unknown
  readonly timeout?: number | undefined
}

type AzureResponse<Asked> = {
  readonly request: Asked
  readonly status: number
  readonly headers: AzureHeaders
  readonly bodyAsText: string
}

/** The `httpClient` of a client of Azure's SDKs: `new EmailClient(endpoint, credential, { httpClient: azureHttpClient(once) })`. */
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
        body,
        signal: within(timeout, abortSignal),
      }).catch(throwWithoutResponse)
      return {
        request,
        status: response.status,
        headers: azureHeaders(response.headers),
        bodyAsText: await response.text(),
      }
    },
  }
}

/** What has a `response` Azure's SDKs take for an error of their own: they read it, fail, and the outcome is lost. */
function throwWithoutResponse(error: unknown): never {
  if (isOperationError(error)) throw new Error(error.message, { cause: error })
  throw error
}
