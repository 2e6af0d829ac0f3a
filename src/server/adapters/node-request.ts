import type { HeaderLookup } from '../answer/header-table.ts'
import { headerValue } from '../answer/header-table.ts'

/* The parts of Node's requests that the adapters use, by shape: nothing of Node is imported. */

export interface NodeRequest extends AsyncIterable<Uint8Array> {
  readonly method?: string | undefined
  readonly url?: string | undefined
  /** Express: the URL before routers shortened it. */
  readonly originalUrl?: string | undefined
  readonly rawHeaders: readonly string[]
  /** The result of a body parser. */
  readonly body?: unknown
  readonly socket?: object | undefined
  readonly httpVersionMajor?: number | undefined
  /** Only in HTTP/2. */
  readonly stream?: { readonly endAfterHeaders?: boolean | undefined } | undefined
}

/** A Request without its body: method, URL and headers. Headers with the same name are joined as HTTP defines it. */
export function requestHead(request: NodeRequest): {
  readonly url: string
  readonly init: { method: string; headers: Headers }
} {
  const headers = new Headers()
  for (let index = 0; index + 1 < request.rawHeaders.length; index += 2) {
    const name = request.rawHeaders[index] ?? ''
    // HTTP/2 has its method and path among the headers.
    if (!name.startsWith(':')) headers.append(name, request.rawHeaders[index + 1] ?? '')
  }
  const authority = authorityOf(request)
  if (authority !== undefined) headers.set('host', authority)
  return {
    url: urlOfNode(request, headers),
    init: { method: request.method ?? 'GET', headers },
  }
}

/** HTTP/2's replacement for Host, which takes precedence: RFC 9113 8.3.1. A scope may be derived from it. */
function authorityOf({ rawHeaders }: NodeRequest): string | undefined {
  const at = rawHeaders.indexOf(':authority')
  return at < 0 || at % 2 === 1 ? undefined : rawHeaders[at + 1]
}

/** Path and query, in the form of a URL. */
export function targetOfNode(request: NodeRequest, headers: HeaderLookup): string {
  const path = request.originalUrl ?? request.url ?? '/'
  // A URL leaves these characters unchanged.
  if (/^(?:\/[\w~-]+)+$/.test(path)) return path
  const { pathname, search } = new URL(urlOfNode(request, headers))
  return `${pathname}${search}`
}

function urlOfNode(request: NodeRequest, headers: HeaderLookup): string {
  const scheme = isEncrypted(request.socket) ? 'https' : 'http'
  const path = request.originalUrl ?? request.url ?? '/'
  const host = headers.get('host') ?? 'localhost'
  // `new URL(path, base)` would take `//other/` for another host.
  const url = path.startsWith('/')
    ? (URL.parse(`${scheme}://${host}${path}`) ?? URL.parse(`${scheme}://localhost${path}`))
    : absolute(path)
  return url?.href ?? `${scheme}://localhost/`
}

/** Looks up the request's original headers. Headers with the same name are joined as HTTP defines it. */
export function headersOfNode({ rawHeaders }: NodeRequest): HeaderLookup {
  const get = (name: string): string | null => {
    let found: string | null = null
    for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
      const other = rawHeaders[index] ?? ''
      if (other.length !== name.length || other.toLowerCase() !== name) continue
      const value = headerValue(rawHeaders[index + 1] ?? '')
      found = found === null ? value : `${found}${name === 'cookie' ? ';' : ','} ${value}`
    }
    return found
  }
  return { get: name => get(name.toLowerCase()), has: name => get(name.toLowerCase()) !== null }
}

/** The absolute form that clients send to a proxy, and that a server must accept: RFC 9112 3.2.2. */
function absolute(path: string): URL | null {
  return /^https?:\/\//i.test(path) ? URL.parse(path) : null
}

function isEncrypted(socket: object | undefined): boolean {
  return socket !== undefined && 'encrypted' in socket && socket.encrypted === true
}

/** Fetch permits no body for these methods. */
export function takesBody(method: string): boolean {
  return method !== 'GET' && method !== 'HEAD'
}

/** Whether the request announces a body: RFC 9112 6.3. In HTTP/2, whether the stream goes on after the headers. */
export function announcesBody({ httpVersionMajor, stream }: NodeRequest, headers: HeaderLookup): boolean {
  if (httpVersionMajor !== undefined && httpVersionMajor > 1) return stream?.endAfterHeaders !== true
  return headers.has('transfer-encoding') || Number(headers.get('content-length') ?? 0) > 0
}
