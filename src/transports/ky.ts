import ky, { replaceOption } from 'ky'
import type { KyInstance, Options } from 'ky'
import { configurationError } from '../public/errors.ts'
import { jsonReader } from '../guards/json-reader.ts'
import { synchronous } from '../guards/synchronous.ts'
import { isPlainObject } from '../guards/option-checks.ts'
import { checkedBase, resolvedBase } from './base-url.ts'
import { checkKyOptions } from './ky-options.ts'
import { plainLayer } from './plain-layer.ts'
import type { Transport, TransportRequest } from '../public/transport.ts'

/**
 * ky as the transport: an instance with its hooks, or ky options. ky sends, runs the hooks and sets the credentials.
 * Retries and timeouts are the client's, so they are switched off in ky.
 */
export function kyTransport(http: KyInstance | Options | undefined): Transport {
  const instance = instanceOf(http)
  const parent = optionsOf(instance)
  if (typeof http === 'function') checkKyOptions(parent, 'instance')
  const innermostFetch = () => parent.fetch ?? globalThis.fetch
  const gates = new WeakSet<object>()
  const bare = withoutOwnWill(instance, parent, gates)
  const layer = plainLayer(parent)
  return {
    innermostFetch,
    addsQuery: parent.searchParams !== undefined,
    ignoresAnswers: !looksAtAnswers(parent),
    resolveUrl: url => resolveUrl(url, parent),
    parseJson: jsonReader(parent.parseJson, 'http.parseJson'),
    send(request, gate) {
      // If both have the same header, ky combines both values into one header.
      if (layer !== undefined && !Object.keys(request.headers).some(name => name in layer))
        return gate(request.url, plainInit(request, layer))
      gates.add(gate)
      const options: Options = { method: request.method, headers: request.headers, fetch: gate }
      if (request.body !== undefined) options.body = request.body
      return bare(request.url, options)
    },
  }
}

function plainInit(request: TransportRequest, layer: Readonly<Record<string, string>>): RequestInit {
  const init: RequestInit = { method: request.method, headers: { ...layer, ...request.headers } }
  if (request.body !== undefined) init.body = request.body
  return init
}

/** The same instance without retries, timeouts and thrown HTTP errors, which are the client's. */
function withoutOwnWill(instance: KyInstance, parent: Options, gates: WeakSet<object>): KyInstance {
  return instance.extend({
    // `ky.retry()` in an afterResponse hook needs one allowed retry; nothing else may use it.
    retry: hasHooks(parent, 'afterResponse') ? { limit: 1, methods: [], shouldRetry: () => false } : 0,
    timeout: false,
    totalTimeout: false,
    throwHttpErrors: false,
    redirect: 'manual',
    // The URL is already resolved.
    prefix: '',
    searchParams: undefined,
    // Only an init hook could replace the gate by another fetch. With such a hook, ky copies the options of each call.
    ...(hasHooks(parent, 'init') && {
      hooks: replaceOption({
        ...parent.hooks,
        init: [
          ...initHooks(parent),
          given => {
            refuseForeignFetch(given, gates)
            refuseOtherUrl(given, parent)
          },
        ],
      }),
    }),
  })
}

/** ky does not wait for an init hook: an asynchronous one would set its options too late. */
function initHooks({ hooks }: Options): InitHook[] {
  const given = hooks?.init ?? []
  return given.map(hook => options => void synchronous(hook(options) as unknown, 'http.hooks.init'))
}

type InitHook = NonNullable<NonNullable<Options['hooks']>['init']>[number]

/** Whether anything but the gate reads responses. An init hook counts, because it may add such a reader. */
function looksAtAnswers(parent: Options): boolean {
  return (
    hasHooks(parent, 'init') || hasHooks(parent, 'afterResponse') || parent.onDownloadProgress !== undefined
  )
}

function instanceOf(http: KyInstance | Options | undefined): KyInstance {
  if (typeof http === 'function') {
    if (typeof http.extend !== 'function')
      throw configurationError('http', 'must be a ky instance or ky options')
    return http
  }
  const given: unknown = http
  if (given !== undefined && !isPlainObject(given)) {
    throw configurationError('http', 'must be a ky instance or ky options')
  }
  // Checked before an instance is created, because the instance no longer has the options that ky does not know.
  checkKyOptions(http ?? {}, 'options')
  if (http?.baseUrl !== undefined) checkedBase(http.baseUrl, 'http.baseUrl')
  try {
    return ky.create(http ?? {})
  } catch (error) {
    throw configurationError('http', error instanceof Error ? error.message : 'ky refuses these options')
  }
}

/** An instance's own options: `extend` passes them to a function. */
function optionsOf(instance: KyInstance): Options {
  let seen: Options = {}
  instance.extend(parent => {
    seen = parent
    return {}
  })
  return seen
}

function hasHooks(options: Options, kind: 'init' | 'afterResponse'): boolean {
  return (options.hooks?.[kind]?.length ?? 0) > 0
}

/** With a hook's own fetch, the gate would see nothing. */
function refuseForeignFetch(options: Options, gates: WeakSet<object>): void {
  if (options.fetch === undefined || !gates.has(options.fetch)) {
    throw configurationError(
      'http.hooks.init',
      'must not set `fetch`: every request must go through the client. Use the instance option',
    )
  }
}

/** The URL is resolved and stored before a hook runs. */
function refuseOtherUrl(options: Options, { baseUrl }: Options): void {
  const isOther = {
    baseUrl: String(options.baseUrl) !== String(baseUrl),
    prefix: options.prefix !== '',
    searchParams: options.searchParams !== undefined,
  }
  for (const [name, value] of Object.entries(isOther)) {
    if (value)
      throw configurationError(
        'http.hooks.init',
        `must not set \`${name}\`, which comes too late: use the instance option, or \`url\` of the definition's \`request\``,
      )
  }
}

/** Resolves a URL as ky does (see `prefix` and `baseUrl` in its README), with the instance's own search parameters. */
function resolveUrl(given: string | URL, options: Options): URL {
  const input = typeof given === 'string' && options.prefix ? joined(String(options.prefix), given) : given
  const page = globalThis.location?.href
  const { baseUrl } = options
  const url = new URL(input, baseUrl === undefined ? page : resolvedBase(baseUrl, 'http.baseUrl'))
  const { searchParams } = options
  if (searchParams === undefined) return url
  for (const [name, value] of pairsOf(searchParams)) {
    if (value !== undefined) url.searchParams.append(name, value)
    // ky removes such a parameter in the same way.
    else url.searchParams.delete(name)
  }
  return url
}

function pairsOf(
  searchParams: NonNullable<Options['searchParams']>,
): Iterable<readonly [string, string | undefined]> {
  if (typeof searchParams !== 'object' || searchParams instanceof URLSearchParams)
    return new URLSearchParams(searchParams)
  const pairs = Array.isArray(searchParams) ? searchParams : Object.entries(searchParams)
  return pairs.map(([name, value]) => [String(name), value === undefined ? undefined : String(value)])
}

function joined(prefix: string, input: string): string {
  return `${prefix.replace(/\/+$/, '')}/${input.replace(/^\/+/, '')}`
}
