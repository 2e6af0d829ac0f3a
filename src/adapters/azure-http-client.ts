import { isOperationError } from '../public/errors.ts'
import type { Fetch } from '../public/transport.ts'
import { sent } from './sdk-fetch.ts'

/** A request of Azure's SDKs (`PipelineRequest` of @azure/core-rest-pipeline). */
export type AzureRequest = {
  readonly method: string
  readonly url: string
  readonly headers: AzureHeaders
  readonly body?: unknown
  readonly abortSignal?: unknown
}

/** `HttpHeaders` of Azure's SDKs. */
export type AzureHeaders = Iterable<[string, string]> & {
  get(name: string): string | undefined
  has(name: string): boolean
  set(name: string, value: string | number | boolean): void
  delete(name: string): void
  toJSON(options?: { preserveCase?: boolean }): Record<string, string>
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
      const { method, url, headers, body, abortSignal } = request
      const response = await sent(fetch, {
        method,
        url,
        headers: headers.toJSON(),
        body,
        signal: abortSignal instanceof AbortSignal ? abortSignal : undefined,
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

function azureHeaders(headers: Headers): AzureHeaders {
  return {
    get: name => headers.get(name) ?? undefined,
    has: name => headers.has(name),
    set: (name, value) => headers.set(name, String(value)),
    delete: name => headers.delete(name),
    toJSON: () => Object.fromEntries(headers),
    [Symbol.iterator]: () => headers[Symbol.iterator](),
  }
}
