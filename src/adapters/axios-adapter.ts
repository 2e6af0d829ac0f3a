import type { Fetch } from '../public/transport.ts'
import { axiosAnswer } from './axios-answer.ts'
import type { AxiosAnswer, AxiosReading } from './axios-answer.ts'
import { axiosUrl } from './axios-url.ts'
import type { AxiosTarget } from './axios-url.ts'
import { axiosSignal, timeoutAsAxios } from './axios-waiting.ts'
import type { AxiosWaiting } from './axios-waiting.ts'
import { basic, sent } from './sdk-fetch.ts'

/** The part of axios' config for an adapter that is read here. */
export type AxiosConfig = AxiosTarget &
  AxiosReading &
  AxiosWaiting & {
    readonly method?: string | undefined
    readonly headers?: unknown
    readonly auth?:
      | { readonly username?: string | undefined; readonly password?: string | undefined }
      | undefined
    readonly data?: unknown
    readonly maxRedirects?: number | undefined
  }

/**
 * An adapter for axios, and for SDKs built on it: `axios.create({ adapter: axiosAdapter(once) })`. axios itself
 * prepares data and headers, and parses the text of the response.
 *
 * @see https://axios-http.com/docs/req_config (`adapter`, `validateStatus`)
 */
export function axiosAdapter(
  fetch: Fetch,
): <Config extends AxiosConfig>(config: Config) => Promise<AxiosAnswer<Config>> {
  return async config => {
    const { method = 'get', data, maxRedirects } = config
    const response = sent(fetch, {
      method: method.toUpperCase(),
      url: axiosUrl(config),
      headers: headersOf(config),
      body: data,
      signal: axiosSignal(config),
      redirect: maxRedirects === 0 ? 'manual' : undefined,
    })
    return response.then(given => axiosAnswer(given, config)).catch(error => timeoutAsAxios(error, config))
  }
}

/** `auth` replaces a header of the same name, as in axios' own adapters. */
function headersOf({ headers, auth }: AxiosConfig): Record<string, unknown> {
  const own = Object.entries(headers ?? {})
  if (auth === undefined) return Object.fromEntries(own)
  const others = own.filter(([name]) => name.toLowerCase() !== 'authorization')
  return { ...Object.fromEntries(others), Authorization: basic(auth.username, auth.password) }
}
