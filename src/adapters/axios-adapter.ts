import type { Fetch } from '../public/transport.ts'
import { asForm, sent, withQuery } from './sdk-fetch.ts'

/** What axios gives its adapter, as far as it is read here. */
export type AxiosConfig = {
  readonly url?: string | undefined
  readonly baseURL?: string | undefined
  readonly method?: string | undefined
  readonly headers?: unknown
  readonly params?: unknown
  /** A function, or an object with one. */
  readonly paramsSerializer?: unknown
  readonly data?: unknown
  readonly signal?: unknown
  readonly timeout?: number | undefined
  readonly responseType?: string | undefined
  readonly validateStatus?: ((status: number) => boolean) | null | undefined
}

type AxiosAnswer<Config> = {
  readonly data: unknown
  readonly status: number
  readonly statusText: string
  readonly headers: Record<string, string>
  readonly config: Config
  readonly request: undefined
}

/**
 * An adapter for axios, and for SDKs that are built on it: `axios.create({ adapter: axiosAdapter(once) })`. axios has made
 * data and headers ready, and reads the text that comes back.
 *
 * @see https://axios-http.com/docs/req_config (`adapter`, `validateStatus`)
 */
export function axiosAdapter(
  fetch: Fetch,
): <Config extends AxiosConfig>(config: Config) => Promise<AxiosAnswer<Config>> {
  return async config => {
    const { method = 'get', data, validateStatus } = config
    const response = await sent(fetch, {
      method: method.toUpperCase(),
      url: urlOf(config),
      headers: Object.fromEntries(Object.entries({ ...(config.headers as object) })),
      body: data,
      signal: patienceOf(config),
    })
    const { status, statusText } = response
    const answer = {
      data: await (config.responseType === 'arraybuffer' ? response.arrayBuffer() : response.text()),
      status,
      statusText,
      headers: Object.fromEntries(response.headers),
      config,
      request: undefined,
    }
    if (validateStatus?.(status) === false) throw axiosError(answer)
    return answer
  }
}

/** Its signal and its timeout, of which 0 is none. Both end only the waiting. */
function patienceOf({ signal, timeout = 0 }: AxiosConfig): AbortSignal | undefined {
  const own = signal as AbortSignal | undefined
  if (timeout <= 0) return own
  const late = AbortSignal.timeout(timeout)
  return own === undefined ? late : AbortSignal.any([own, late])
}

function urlOf(config: AxiosConfig): string {
  const { url = '', baseURL = '' } = config
  const isWhole = /^[a-z][a-z\d+.-]*:\/\//i.test(url) || baseURL === ''
  const whole = isWhole ? url : `${baseURL.replace(/\/+$/, '')}/${url.replace(/^\/+/, '')}`
  return withQuery(whole.replace(/#.*$/, ''), queryOf(config))
}

/** As axios writes parameters: the user's own way, or lists as `name[]` and objects as `name[part]`. */
function queryOf({ params, paramsSerializer }: AxiosConfig): string {
  if (params === undefined || params === null) return ''
  const own = serializerIn(paramsSerializer)
  if (typeof own === 'function') return String(own(params))
  return params instanceof URLSearchParams ? params.toString() : asForm(flat(params)).toString()
}

function serializerIn(option: unknown): unknown {
  const isObject = typeof option === 'object' && option !== null
  return isObject && 'serialize' in option ? option.serialize : option
}

function flat(value: unknown, name = ''): Record<string, unknown> {
  if (isDate(value)) return { [name]: value.toISOString() }
  if (Array.isArray(value))
    return value.every(item => typeof item !== 'object')
      ? { [`${name}[]`]: value }
      : Object.assign({}, ...value.map((item, index) => flat(item, `${name}[${index}]`)))
  if (typeof value !== 'object' || value === null) return { [name]: value }
  const parts = Object.entries(value).map(([part, item]) =>
    flat(item, name === '' ? part : `${name}[${part}]`),
  )
  return Object.assign({}, ...parts)
}

function isDate(value: unknown): value is { toISOString(): string } {
  return typeof value === 'object' && value !== null && 'toISOString' in value
}

/** As axios reports a status that `validateStatus` refuses; `axios.isAxiosError` knows it by the mark. */
function axiosError(response: AxiosAnswer<unknown> & { readonly status: number }): Error {
  const { status, config } = response
  const code = status < 500 ? 'ERR_BAD_REQUEST' : 'ERR_BAD_RESPONSE'
  const error = new Error(`Request failed with status code ${status}`)
  return Object.assign(error, { name: 'AxiosError', isAxiosError: true, code, status, config, response })
}
