import { asForm, isDate, withQuery } from './sdk-fetch.ts'

/** The options from which axios builds the URL of a request. */
export type AxiosTarget = {
  readonly url?: string | undefined
  readonly baseURL?: string | undefined
  readonly params?: unknown
  /** A function, or an object with one. */
  readonly paramsSerializer?: unknown
}

/** Builds a URL as axios does, from a base, a path and parameters. */
export function axiosUrl(config: AxiosTarget): string {
  const { url = '', baseURL = '' } = config
  const isWhole = /^[a-z][a-z\d+.-]*:\/\//i.test(url) || baseURL === ''
  const whole = isWhole ? url : `${baseURL.replace(/\/+$/, '')}/${url.replace(/^\/+/, '')}`
  return withQuery(whole.replace(/#.*$/, ''), queryOf(config))
}

/** Writes parameters as axios does: in the user's own way, or lists as `name[]` and objects as `name[part]`. */
function queryOf({ params, paramsSerializer }: AxiosTarget): string {
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
