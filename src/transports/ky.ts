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
 * ky as the transport: an instance with its hooks, or ky options. ky sends, hooks run, credentials are set
 * there; retries and timeouts are the engine's, so they are switched off here.
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
      // Of one header that both have, ky makes one with both values.
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

/** The same instance, but it neither retries nor times out nor throws: that is the engine's. */
function withoutOwnWill(instance: KyInstance, parent: Options, gates: WeakSet<object>): KyInstance {
  return instance.extend({
    // `ky.retry()` in an afterResponse hook needs one retry to be allowed; nothing else may use it.
    retry: hasHooks(parent, 'afterResponse') ? { limit: 1, methods: [], shouldRetry: () => false } : 0,
    timeout: false,
    totalTimeout: false,
    throwHttpErrors: false,
    redirect: 'manual',
    // The URL is resolved already.
    prefix: '',
    searchParams: undefined,
    // Only an init hook could put another fetch in the gate's place; with one ky copies the options of each call.
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

/** ky does not wait for an init hook: what an asynchronous one sets would come too late. */
function initHooks({ hooks }: Options): InitHook[] {
  const given = hooks?.init ?? []
  return given.map(hook => options => void synchronous(hook(options) as unknown, 'http.hooks.init'))
}

type InitHook = NonNullable<NonNullable<Options['hooks']>['init']>[number]

/** Whether somebody but the gate reads what comes back; an init hook may still add one who does. */
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
  // Before an instance is made of them: it has lost those that it does not know.
  checkKyOptions(http ?? {}, 'options')
  if (http?.baseUrl !== undefined) checkedBase(http.baseUrl, 'http.baseUrl')
  try {
    return ky.create(http ?? {})
  } catch (error) {
    throw configurationError('http', error instanceof Error ? error.message : 'ky refuses these options')
  }
}

/** An instance's own options: `extend` shows them to a function. */
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

/** Behind a fetch of a hook's own the gate would see nothing. */
function refuseForeignFetch(options: Options, gates: WeakSet<object>): void {
  if (options.fetch === undefined || !gates.has(options.fetch)) {
    throw configurationError(
      'http.hooks.init',
      'must not set `fetch`: every request must go through the client. Use the instance option',
    )
  }
}

/** The URL is resolved, and written down, before a hook runs. */
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

/** As ky resolves it (its README, `prefix` and `baseUrl`), with the instance's own search parameters. */
function resolveUrl(given: string | URL, options: Options): URL {
  const input = typeof given === 'string' && options.prefix ? joined(String(options.prefix), given) : given
  const page = globalThis.location?.href
  const { baseUrl } = options
  const url = new URL(input, baseUrl === undefined ? page : resolvedBase(baseUrl, 'http.baseUrl'))
  const { searchParams } = options
  if (searchParams === undefined) return url
  for (const [name, value] of pairsOf(searchParams)) {
    if (value !== undefined) url.searchParams.append(name, value)
    // So ky leaves a parameter out.
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
