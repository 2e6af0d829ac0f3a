import { scopeFault } from '../core/scope-fault.ts'

/*
 * What is no scope. A credential changes while its user stays the same (a refreshed token would be another scope, and
 * the retry would execute again), and it would lie in the store and in events. Contract: section 11, 11.
 */

/** IANA "HTTP Authentication Schemes", and those that are in use beside them. */
const SCHEMES =
  'basic|bearer|concealed|digest|dpop|gnap|hoba|mutual|negotiate|oauth|privatetoken|scram-sha-1|scram-sha-256|vapid|' +
  'api-?key|aws4-hmac-sha256|hawk|jwt|ntlm|sharedkey|sharedaccesssignature|token'

/** `Bearer x` at the beginning or as a part, also where it went through a URL or a header's quotes. */
const WITH_SCHEME = new RegExp(`(?:^|[^a-z0-9-])(?:${SCHEMES})(?:\\s|%20|\\+)+\\S`, 'i')

/** A JSON Web Token (RFC 7519): each is valid for minutes. Its header is an object, so that it begins with `{"`. */
const TOKEN = /eyJ[\w-]+\.[\w-]+\./

/** Headers that hold nothing but a credential. */
const CREDENTIAL_HEADERS = [
  'proxy-authorization',
  'api-key',
  'apikey',
  'x-api-key',
  'x-access-token',
  'x-auth-token',
  'x-amz-security-token',
  'x-csrf-token',
  'x-goog-api-key',
  'x-session-id',
  'x-session-token',
  'x-xsrf-token',
]

/** A header or a parameter (RFC 6750 2.3) of a name of the server's own that ends like that holds one too. */
const CREDENTIAL_NAME = /(?:access[-_]?key|api[-_]?key|assertion|jwt|passw(?:or)?d|secret|sid|token)$/i

/** A cookie of such a name holds a credential; any other may hold the user's id (what counts visits does). */
const SESSION_COOKIE = /auth|connect\.sid|csrf|jwt|login|remember|secret|sess|\bsid\b|token|xsrf/i

/** A piece of a longer text is one by chance below that. */
const LEAST_PART_LENGTH = 16

/** What is wrong with a scope whoever asks, or undefined. The fault never repeats the scope. */
export function serverScopeFault(scope: unknown): string | undefined {
  if (typeof scope !== 'string') return 'must be a text that names somebody'
  const fault = scopeFault(scope)
  if (fault !== undefined) return fault
  if (WITH_SCHEME.test(scope) || TOKEN.test(scope)) return CREDENTIAL
  return ENDS_WITH_NOBODY.test(scope) ? 'must name somebody: its last part is blank' : undefined
}

/** What a template makes of an empty id: `tenant-1:`. */
const ENDS_WITH_NOBODY = /[:|]\s*$/

const CREDENTIAL =
  'must not be a credential, which changes while its user stays the same: give the id of the user that was verified'

/** The same, for a scope that this request's credentials may have become. */
export function requestScopeFault(scope: unknown, request: Request): string | undefined {
  const fault = serverScopeFault(scope)
  if (fault !== undefined || typeof scope !== 'string') return fault
  const text = scope.trim()
  const isCookies = text === request.headers.get('cookie')?.trim()
  const isCredential = isCookies || credentialsOf(request).some(secret => isMadeOf(text, secret))
  return isCredential ? CREDENTIAL : undefined
}

/** The same text in whatever case, the text with something around it, or a long piece of it. */
function isMadeOf(scopeText: string, secretText: string): boolean {
  const scope = scopeText.toLowerCase()
  const secret = secretText.toLowerCase()
  if (scope === secret) return true
  if (secret.length >= LEAST_PART_LENGTH && scope.includes(secret)) return true
  return scope.length >= LEAST_PART_LENGTH && secret.includes(scope)
}

/** All that the request shows to say who it is. */
function credentialsOf({ headers, url }: Request): readonly string[] {
  const authorization = headers.get('authorization')
  const named = [...headers, ...new URL(url).searchParams]
  return [
    ...(authorization === null ? [] : authorizationParts(authorization)),
    ...cookieParts(headers.get('cookie') ?? ''),
    ...CREDENTIAL_HEADERS.map(name => headers.get(name)),
    ...named.map(([name, value]) => (CREDENTIAL_NAME.test(name) ? value : null)),
  ].flatMap(text => (text === null || text.trim() === '' ? [] : [text.trim()]))
}

/** The whole, what follows the scheme, its parameters' values, a token's parts; of `Basic` the password. */
function authorizationParts(value: string): readonly string[] {
  const [, scheme = '', rest = ''] = /^\s*(\S+)\s*(.*)$/s.exec(value) ?? []
  const values = rest
    .split(',')
    // The user's name, of Digest.
    .filter(parameter => !/^\s*username\*?\s*=/i.test(parameter))
    .map(parameter => parameter.slice(parameter.indexOf('=') + 1).trim())
    .flatMap(text => [text, text.replaceAll('"', '')])
  const parts = rest.split('.').length === 3 ? rest.split('.') : []
  if (scheme.toLowerCase() !== 'basic')
    return [value, rest === '' ? scheme : rest, ...(rest.includes('=') ? values : []), ...parts]
  const pair = decoded(rest)
  const at = pair.indexOf(':')
  const [user, password] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
  // A user's name is what a scope is for; without a password it is a key of its own.
  return [value, rest, pair, password === '' ? user : password]
}

function cookieParts(header: string): readonly string[] {
  return header.split(';').flatMap(each => {
    const pair = each.trim()
    const at = pair.indexOf('=')
    if (at < 0 || !SESSION_COOKIE.test(pair.slice(0, at))) return []
    const value = pair.slice(at + 1).replace(/^"(.*)"$/, '$1')
    return [pair, value, unescaped(value)]
  })
}

function decoded(base64: string): string {
  try {
    return atob(base64)
  } catch {
    return ''
  }
}

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
