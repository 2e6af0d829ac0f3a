import type { Options } from 'ky'
import { configurationError } from '../public/errors.ts'
import { NO_CORS } from '../runtime/fetch-options.ts'
import { isNodeFetch } from '../runtime/carrier.ts'
import { layerHeaders } from '../guards/header-pairs.ts'
import { isPlainObject, requireCredentials, requireFunction, requireObject } from '../guards/option-checks.ts'

/*
 * Which ky options have an effect here. ky drops or passes on options that it does not know, and many that it does know
 * belong to the client here. So an option that would be ignored silently is refused by name.
 */

/** Options of ky, of `fetch`, and of the runtimes' own fetch (undici, Bun, Deno, Next, Workers), which ky passes on. */
const HAS_EFFECT = new Set([
  'baseUrl',
  'prefix',
  'searchParams',
  'headers',
  'hooks',
  'context',
  'fetch',
  'parseJson',
  'onDownloadProgress',
  'credentials',
  'mode',
  'integrity',
  'keepalive',
  'referrer',
  'referrerPolicy',
  'priority',
  'signal',
  'window',
  'dispatcher',
  'client',
  'proxy',
  'tls',
  'unix',
  'verbose',
  'decompress',
  'targetAddressSpace',
  'cf',
])

/** Options that an instance may have for its other users. The client has its own, so these are switched off. */
const SWITCHED_OFF: Readonly<Record<string, string>> = {
  retry: "retries are the client's: give its option `retry`",
  timeout: "time is the client's: give its option `timeout`",
  totalTimeout: "time is the client's: give its option `deadline`",
  throwHttpErrors: 'what an answer means is decided by the profile, `verdict` and `status`',
  redirect: 'redirects are followed where that is safe',
}

const INSTEAD: Readonly<Record<string, string>> = {
  ...SWITCHED_OFF,
  prefixUrl: 'ky 2 has no such option: give `baseUrl`, or `prefix`',
  baseURL: 'there is no such option: give `baseUrl`',
  params: 'there is no such option: give `searchParams`',
  withCredentials: "there is no such option: give `credentials: 'include'`",
  method: 'has no effect: `request` of the definition gives it',
  body: 'has no effect: `request` of the definition gives it',
  json: 'has no effect: `request` of the definition gives it',
  stringifyJson: 'has no effect: give `body` with your own text, and its content type, in `request`',
  cache: 'has no effect: no answer about an operation may come from a cache',
  duplex: 'has no effect: a stream can be sent only once, so none is sent',
  next: 'has no effect: no answer about an operation may come from a cache',
  onUploadProgress: 'has no effect: the bytes are sent at once',
}

/** Options of other runtimes' own fetch (Bun, Deno, Workers): Node's fetch accepts and ignores them. */
const OF_OTHER_RUNTIMES = new Set(['client', 'proxy', 'tls', 'unix', 'verbose', 'decompress', 'cf'])

const HOOKS = new Set(['init', 'beforeRequest', 'beforeRetry', 'beforeError', 'afterResponse'])

/** Throws a `configuration` error that names an option without effect, and what to use instead. */
export function checkKyOptions(options: Options, from: 'instance' | 'options'): void {
  for (const [name, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (OF_OTHER_RUNTIMES.has(name) && options.fetch === undefined && isNodeFetch(globalThis.fetch))
      throw configurationError(`http.${name}`, "has no effect in Node: give undici's `dispatcher`")
    if (HAS_EFFECT.has(name)) continue
    if (from === 'instance' && Object.hasOwn(SWITCHED_OFF, name)) continue
    const instead = Object.hasOwn(INSTEAD, name) ? INSTEAD[name] : undefined
    throw configurationError(`http.${name}`, instead ?? 'there is no such option')
  }
  if (options.mode === 'no-cors') throw configurationError('http.mode', `must not be 'no-cors': ${NO_CORS}`)
  requireFunction(options.fetch, 'http.fetch')
  requireFunction(options.parseJson, 'http.parseJson')
  requireCredentials(options.credentials, 'http.credentials')
  requireObject(Reflect.get(options, 'dispatcher'), 'http.dispatcher')
  if (typeof options.headers === 'function')
    throw configurationError('http.headers', 'must not be a function: a beforeRequest hook sets what changes')
  layerHeaders(options.headers, 'http.headers')
  checkSearchParams(options.searchParams)
  checkHooks(options.hooks)
}

/** A value without names and values would be left out of every URL. */
function checkSearchParams(given: unknown): void {
  const isList = Array.isArray(given) && given.every(pair => Array.isArray(pair) && pair.length === 2)
  if (given === undefined || typeof given === 'string' || isList) return
  if (given instanceof URLSearchParams || isPlainObject(given)) return
  throw configurationError(
    'http.searchParams',
    'must be an object, a text, URLSearchParams or a list of pairs',
  )
}

/** Checked now, because a hook that is no function would only fail at the first send. */
function checkHooks(hooks: Options['hooks']): void {
  if (hooks !== undefined && !isPlainObject(hooks))
    throw configurationError('http.hooks', 'must be an object of names and values')
  for (const [kind, list] of Object.entries(hooks ?? {})) {
    if (!HOOKS.has(kind)) throw configurationError(`http.hooks.${kind}`, 'there is no such hook')
    const isList = Array.isArray(list) && list.every(hook => typeof hook === 'function')
    if (list !== undefined && !isList)
      throw configurationError(`http.hooks.${kind}`, 'must be a list of functions')
  }
}
