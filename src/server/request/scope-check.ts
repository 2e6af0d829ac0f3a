import { scopeFault, seen, unescaped } from '../../core/names/scope-fault.ts'

/*
 * Texts that cannot be a scope. A credential changes while its user stays the same: a refreshed token would be
 * another scope, and the retry would execute again. A credential would also be kept in the store and in events.
 * Contract: section 11, 11.
 */

/** IANA "HTTP Authentication Schemes", and further schemes in common use. */
const SCHEMES =
  'basic|bearer|concealed|digest|dpop|gnap|hoba|mutual|negotiate|oauth|privatetoken|scram-sha-1|scram-sha-256|vapid|' +
  'api-?key|aws4-hmac-sha256|hawk|jwt|ntlm|sharedkey|sharedaccesssignature|token'

/** `Bearer x` at the beginning or inside a text, even if it was URL-encoded or put in quotes. */
const WITH_SCHEME = new RegExp(`(?:^|[^a-z0-9-])(?:${SCHEMES})(?:\\s|%20|\\+)+\\S`, 'i')

/** A secret after its name, as in a cookie, a form or a template. */
const WITH_NAME =
  /(?:sess(?:ion)?(?:[-_]?id)?|sid|token|jwt|secret|passw(?:or)?d|api[-_]?key)=\S|(?:^|[^a-z0-9-])(?:bearer|token|jwt|api-?key|secret|passw(?:or)?d):\S/i

/** Secrets whose first characters name their issuer: GitHub, GitLab, OpenAI, Anthropic, Slack, AWS, Google, npm. */
const SECRET =
  /(?:^|[^A-Za-z0-9])(?:gh[oprsu]_\w|github_pat_\w|glpat-\w|sk-(?:ant|proj|svcacct)-\w|xox[abeoprs]-\w|xapp-\d|(?:AKIA|ASIA)[A-Z0-9]{12}|AIza[\w-]{30}|ya29\.\w|npm_\w{30})/

/**
 * A JSON Web Token (RFC 7519), which is valid for minutes. Its header is a JSON object, so in base64 it begins with
 * `eyJ`.
 */
const TOKEN = /eyJ[\w-]+\.[\w-]+\./

/** Headers that contain only a credential. */
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

/** A header or a parameter (RFC 6750 2.3) whose own name ends like this contains a credential too. */
const CREDENTIAL_NAME =
  /(?:(?:access|api|auth|functions|private|secret|subscription)[-_]?key|assertion|auth|credentials?|jwt|passw(?:or)?d|secret|session|sid|token)$/i

/**
 * A cookie with a name like this holds a credential. Other cookies may hold the user's id, as those that count visits
 * do.
 */
const SESSION_COOKIE =
  /aspnet|auth|clearance|connect\.sid|csrf|jwt|logged[-_]?in|login|remember|secret|sess|\bsid\b|token|xsrf/i

/** A signed cookie (Express, Fastify) is a credential, whatever its name. */
const SIGNED_COOKIE = /^s(?::|%3A)\S/i

/** A shorter part of a longer text may match by chance. */
const LEAST_PART_LENGTH = 16

/** Even a whole part of a scope that is shorter than this may match by chance. */
const LEAST_SHORT_LENGTH = 3

/** What is wrong with a scope, whatever the request; undefined if nothing is. The message never repeats the scope. */
export function serverScopeFault(scope: unknown): string | undefined {
  if (typeof scope !== 'string') return 'must be a text that names somebody'
  const fault = scopeFault(scope)
  if (fault !== undefined) return fault
  if ([WITH_SCHEME, WITH_NAME, SECRET, TOKEN].some(form => form.test(scope))) return CREDENTIAL
  const text = seen(scope)
  const nobody = NOBODY.exec(scope) ?? NOBODY.exec(text) ?? NOBODY.exec(unescaped(scope))
  if (nobody !== null) return `must name somebody: a part of it is \`${nobody[1]}\``
  if (UNFILLED.test(scope)) return 'must name somebody: it is a template or code that was never filled in'
  return endsWithNobody(text) ? 'must name somebody: its last part is blank' : undefined
}

/**
 * What a template makes of a missing user, with no letter or digit beside it. Case counts, because a person may be
 * called Null.
 */
const NOBODY =
  /(?:^|[^\p{L}\p{N}])(undefined|null|NaN|Invalid Date|\[object \w+\]|\[(?:Async)?Function\b[^\]]*\]|Symbol\([^)]*\))(?![\p{L}\p{N}])/u

/** A template that was never filled in (wrong quotes, or another language), or the source text of a function. */
const UNFILLED = /[$#]\{|\{\{|<%|\{[A-Za-z_$][\w$.]*\}|=>|^\s*(?:async\s+)?function\b[^(]*\(/

/** What a template makes of an empty id: `tenant-1:`. A URL, and random text in base64, may end with a slash. */
function endsWithNobody(text: string): boolean {
  return (
    /[:|,;#@]$|^[a-z]+[-_=]$|^["'`]{2}$|:\s*""/i.test(text) ||
    /^(?!.*:\/\/|[a-z0-9+/]{16,}$).*\/$/i.test(text)
  )
}

const CREDENTIAL =
  'must not be a credential, which changes while its user stays the same: give the id of the user that was verified'

/** The same check, which also looks for the credentials of this request in the scope. */
export function requestScopeFault(scope: unknown, request: Request): string | undefined {
  const fault = serverScopeFault(scope)
  if (fault !== undefined || typeof scope !== 'string') return fault
  const text = scope.trim()
  const cookies = request.headers.get('cookie')?.trim()
  const isCookie = cookies === text || cookies?.split(';').some(pair => pair.trim() === text)
  const isCredential =
    isCookie ||
    credentialsOf(request)
      .flatMap(formsOf)
      .some(form => isMadeOf(text, form))
  return isCredential ? CREDENTIAL : undefined
}

/** Whether the scope equals the secret in any case, contains it, or is a long piece of it. */
function isMadeOf(scopeText: string, secretText: string): boolean {
  const scope = scopeText.toLowerCase()
  const secret = secretText.toLowerCase()
  if (scope === secret) return true
  if (secret.length >= LEAST_PART_LENGTH ? scope.includes(secret) : hasPart(scope, secret)) return true
  return scope.length >= LEAST_PART_LENGTH && secret.includes(scope)
}

/**
 * Whether a short text stands alone inside a scope: `user:abc`. With fewer than three letters that happens by chance.
 */
function hasPart(scope: string, secret: string): boolean {
  if (secret.length < LEAST_SHORT_LENGTH) return false
  for (let at = scope.indexOf(secret); at >= 0; at = scope.indexOf(secret, at + 1)) {
    const around = `${scope.slice(0, at).slice(-1)}${scope.slice(at + secret.length, at + secret.length + 1)}`
    if (!/[\p{L}\p{N}]/u.test(around)) return true
  }
  return false
}

/**
 * The secret as it is, URL-encoded, and in base64 of both alphabets. Padding is left out, so that the text is found
 * either way.
 */
function formsOf(secret: string): readonly string[] {
  const base64 = encoded(secret).replace(/=+$/, '')
  const forms = [secret, encodeURIComponent(secret), base64, base64.replaceAll('+', '-').replaceAll('/', '_')]
  return forms.filter(form => form !== '')
}

/** Everything in the request that shows who sends it. */
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

/**
 * The whole value, the part after the scheme, the values of its parameters, and the parts of a token; of `Basic`, the
 * password.
 */
function authorizationParts(value: string): readonly string[] {
  const [, scheme = '', rest = ''] = /^\s*(\S+)\s*(.*)$/s.exec(value) ?? []
  const values = rest
    .split(',')
    // Leaves out the user name of Digest.
    .filter(parameter => !/^\s*username\*?\s*=/i.test(parameter))
    .map(parameter => parameter.slice(parameter.indexOf('=') + 1).trim())
    .flatMap(text => [text, text.replaceAll('"', '')])
  const parts = rest.split('.').length === 3 ? rest.split('.') : []
  if (scheme.toLowerCase() !== 'basic')
    return [value, rest === '' ? scheme : rest, ...(rest.includes('=') ? values : []), ...parts]
  const pair = decoded(rest)
  const at = pair.indexOf(':')
  const [user, password] = at < 0 ? [pair, ''] : [pair.slice(0, at), pair.slice(at + 1)]
  // A user name is what a scope is made for. Without a password, the user name is itself a key.
  return [value, rest, pair, ...(password === user ? [] : [password === '' ? user : password])]
}

function cookieParts(header: string): readonly string[] {
  return header.split(';').flatMap(each => {
    const pair = each.trim()
    const at = pair.indexOf('=')
    const value = pair.slice(at + 1).replace(/^"(.*)"$/, '$1')
    if (at < 0 || !(SESSION_COOKIE.test(pair.slice(0, at)) || SIGNED_COOKIE.test(value))) return []
    return [pair, value, unescaped(value)]
  })
}

/** Empty if the text contains characters that base64 cannot encode. */
function encoded(text: string): string {
  try {
    return btoa(text)
  } catch {
    return ''
  }
}

function decoded(base64: string): string {
  try {
    return atob(base64)
  } catch {
    return ''
  }
}
