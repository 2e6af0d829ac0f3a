import { nodeHeadersOfAnswer } from './sdk-fetch.ts'

/** Makes an `HttpClientException` of Adyen's library, by name and fields. */
export function adyenException(message: string, fields: object): Error {
  return Object.assign(new Error(message), { name: 'HttpClientException', ...fields })
}

/** The same for a response that is not a 2xx. */
export function answeredException({ status, headers }: Response, text: string): Error {
  const apiError = parsed(text)
  return adyenException(`HTTP Exception: ${status}.`, {
    statusCode: status,
    responseHeaders: nodeHeadersOfAnswer(headers),
    responseBody: text,
    errorCode: apiError?.['errorCode'],
    apiError,
  })
}

function parsed(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
