import type { Profile } from '../../core/answers/profile.ts'
import { configurationError } from '../../public/errors.ts'

/*
 * How a signature says what it covers beside the method. Each is told by the request itself, whichever SDK made it.
 *
 * - AWS (Signature Version 4) and access keys of Azure: `SignedHeaders=` in Authorization; path, query and body always.
 * - HTTP message signatures (RFC 9421): the lists of components in `Signature-Input`.
 * - Their draft (draft-cavage-http-signatures), and what is made after it: `headers="…"` in `Signature` or Authorization.
 * - Senders of webhooks: `webhook-signature` covers `webhook-id` and the body, `svix-signature` the same of svix.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * @see https://learn.microsoft.com/azure/azure-app-configuration/rest-api-authentication-hmac
 * @see https://www.rfc-editor.org/rfc/rfc9421.html#section-2
 * @see https://datatracker.ietf.org/doc/html/draft-cavage-http-signatures-12#section-2.1.6
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
const SIGNED_HEADERS = /\bSignedHeaders=([^,&\s]+)/i
const COMPONENTS = /\([^)]*\)/g
const DRAFT_HEADERS = /\bheaders="([^"]*)"/i
const QUERY = ['@query', '@target-uri', '@request-target', 'request-target']

/** A signature of the body, or a hash of it, signed or not: the body cannot be changed without it. */
const OF_BODY = /^(?:.*-signature|(?:content-|repr-)?digest|content-md5|(?:x-.*)?content-sha256)$/

type Signed = { readonly headers: Headers }

/** Whether a request is signed together with its key: a server refuses what is written in afterwards. */
export function isSignedWithKey(
  request: Signed,
  { header = '', key }: Pick<Profile, 'header' | 'key'>,
): boolean {
  const { in: place, field = '' } = key
  if (place === 'json' || place === 'form') return isBodySigned(request)
  const own = (place === 'query' ? field : header).toLowerCase()
  const names = place === 'query' ? [...QUERY, own] : [own]
  const isOfWebhook = own.endsWith('-id') && request.headers.has(`${own.slice(0, -2)}signature`)
  return isOfWebhook || covered(request).some(name => names.includes(name))
}

/** Whether other bytes would be refused for their signature, or for their hash. */
export function isBodySigned(request: Signed): boolean {
  return (
    SIGNED_HEADERS.test(request.headers.get('authorization') ?? '') ||
    [...request.headers.keys()].some(name => OF_BODY.test(name))
  )
}

/** The names that signatures cover, in lower case. */
function covered({ headers }: Signed): readonly string[] {
  const authorization = headers.get('authorization') ?? ''
  const lists = [
    SIGNED_HEADERS.exec(authorization)?.[1]?.concat(';@query'),
    DRAFT_HEADERS.exec(`${authorization},${headers.get('signature')}`)?.[1],
    ...(headers.get('signature-input')?.match(COMPONENTS) ?? []),
  ]
  const text = lists.join(' ').toLowerCase()
  return text.match(/[^\s"();]+/g) ?? []
}

/** The only key of an operation whose request is signed with it; throws a `configuration` error for the next one. */
export function signedKey(id: string, generation: number, path: string): string {
  if (generation === 1) return id
  throw configurationError(
    `${path}.id`,
    'was refused under the key with which the request is signed, and no other can be written into it: nothing was sent. Give the SDK another key',
  )
}
