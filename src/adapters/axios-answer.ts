import { nodeHeadersOfAnswer, streamOf } from './sdk-fetch.ts'

/** The options that decide which response axios wants. */
export type AxiosReading = {
  readonly responseType?: string | undefined
  readonly validateStatus?: ((status: number) => boolean) | null | undefined
}

export type AxiosAnswer<Config> = {
  readonly data: unknown
  readonly status: number
  readonly statusText: string
  readonly headers: Record<string, string | string[]>
  readonly config: Config
  readonly request: undefined
}

/** What axios' adapters resolve with, or reject with if `validateStatus` refuses the status. */
export async function axiosAnswer<Config extends AxiosReading>(
  response: Response,
  config: Config,
): Promise<AxiosAnswer<Config>> {
  const { status, statusText } = response
  const answer = {
    data: await bodyOf(response, config.responseType),
    status,
    statusText,
    headers: nodeHeadersOfAnswer(response.headers),
    config,
    request: undefined,
  }
  if (config.validateStatus?.(status) === false) {
    const code = status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_BAD_RESPONSE'
    const fields = { code, status, config, response: answer }
    throw axiosError(`Request failed with status code ${status}`, fields)
  }
  return answer
}

/** Bytes come only from requests that are passed on: of an operation, the text is kept. */
function bodyOf(response: Response, type: string | undefined): unknown {
  switch (type) {
    case 'arraybuffer':
      return response.arrayBuffer()
    case 'blob':
      return response.blob()
    case 'stream':
      return streamOf(response)
    default:
      return response.text()
  }
}

/** `axios.isAxiosError` recognises the error by `isAxiosError`. */
export function axiosError(
  message: string,
  fields: { readonly code: string; readonly config: unknown },
): Error {
  return Object.assign(new Error(message), { name: 'AxiosError', isAxiosError: true, ...fields })
}
