import { configurationError } from '../../public/errors.ts'

/*
 * Which headers belong to an answer itself, so that they are stored and repeated: all headers except those about this
 * one transmission, those about caching, and those that may be given only once.
 */

/** Whether a header is stored. The name is in lower case. */
export type KeptHeaders = (name: string) => boolean

/** Without these headers nobody can read the body. */
const OF_THE_BODY = [
  'content-type',
  'content-encoding',
  'content-language',
  'content-disposition',
  'content-range',
]

/** Headers that are not stored, grouped by reason. docs/server.md has the same table. */
export const LEFT_OUT = {
  /** Given only once: a second time they would sign somebody in or out. */
  once: [
    'authentication-info',
    'authorization',
    'clear-site-data',
    'cookie',
    'proxy-authentication-info',
    'set-cookie',
    'set-cookie2',
    'set-login',
  ],
  /** How long, and for whom, the first answer could be cached. A replay states `no-store`. */
  caching: [
    'age',
    'cache-control',
    'cache-status',
    'cdn-cache-control',
    'date',
    'edge-control',
    'expires',
    'no-vary-search',
    'pragma',
    'surrogate-control',
    'surrogate-key',
    'cache-tag',
    'vary',
    'warning',
    'x-accel-expires',
    'x-cache',
    'x-varnish',
  ],
  /** About one connection or one message: RFC 9110 7.6.1. A replay has its own. */
  transmission: [
    'accept-ranges',
    'alt-svc',
    'connection',
    'content-length',
    'keep-alive',
    'proxy-authenticate',
    'proxy-connection',
    'te',
    'trailer',
    'transfer-encoding',
    'upgrade',
    'via',
  ],
  /** About the request that was answered, and not about what the request did. */
  request: [
    'idempotency-key',
    'idempotent-replayed',
    'nel',
    'ratelimit',
    'ratelimit-limit',
    'ratelimit-policy',
    'ratelimit-remaining',
    'ratelimit-reset',
    'report-to',
    'reporting-endpoints',
    'request-id',
    'server',
    'server-timing',
    'traceparent',
    'tracestate',
    'x-correlation-id',
    'x-powered-by',
    'x-request-id',
    'x-response-time',
    'x-runtime',
    'x-trace-id',
  ],
} as const

const LEFT_OUT_NAMES = new Set<string>(Object.values(LEFT_OUT).flat())

/** A credential under one of the server's own header names. No such value may be stored. */
const CREDENTIAL = new RegExp(
  '(?:^|-)(?:csrf|jwt|session(?:id)?|xsrf|[a-z]*(?:auth|password|secret|token)' +
    '|(?:access|account|api|functions|master|private|subscription)-?key)(?:-|$)',
)

/** Headers of caches about themselves, under any name: `X-Cache-Hits`, `Netlify-CDN-Cache-Control`. */
const CACHING = /^surrogate-|(?:^|-)cache(?:-|$)/

/**
 * By default, all headers that belong to the answer. Otherwise the named headers, and those needed to read the body.
 */
export function keptHeaders(names: unknown): KeptHeaders {
  if (names === undefined) return isOwn
  if (!Array.isArray(names)) throw configurationError('replayHeaders', 'must be a list of header names')
  const kept = new Set([...OF_THE_BODY, ...names.map(checkedName)])
  return name => kept.has(name)
}

function checkedName(name: unknown, index: number): string {
  const path = `replayHeaders[${index}]`
  requireHeaderName(name, path)
  const lower = name.toLowerCase()
  const reason = WHY_NOT.find(([names]) => names.includes(lower))?.[1]
  if (reason !== undefined) throw configurationError(path, reason)
  return lower
}

const WHY_NOT: readonly (readonly [names: readonly string[], reason: string])[] = [
  [LEFT_OUT.once, 'must not be a cookie or a credential: it is given once'],
  [LEFT_OUT.caching, 'must not be about caching: a replay says `no-store`'],
  [LEFT_OUT.transmission, 'must not be about one transmission: a replay has its own'],
]

const OWN = new Map<string, boolean>()

/** A server uses few header names. Names beyond this number are made up, and are not remembered. */
const MOST_NAMES = 256

function isOwn(name: string): boolean {
  const known = OWN.get(name)
  if (known !== undefined) return known
  const own = !isLeftOut(name)
  if (OWN.size < MOST_NAMES) OWN.set(name, own)
  return own
}

function isLeftOut(name: string): boolean {
  if (LEFT_OUT_NAMES.has(name) || CREDENTIAL.test(name)) return true
  return name.startsWith('x-ratelimit-') || CACHING.test(name)
}

export function requireHeaderName(value: unknown, path: string): asserts value is string {
  if (typeof value !== 'string' || !/^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/.test(value))
    throw configurationError(path, 'must be a header name')
}
