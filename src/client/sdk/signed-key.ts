import type { Profile } from '../../core/answers/profile.ts'
import { configurationError } from '../../public/errors.ts'

/*
 * How a signature says what it covers beside the method. Each is told by the request itself, whichever SDK made it.
 *
 * - AWS (Signature Version 4) and access keys of Azure: `SignedHeaders=` in Authorization; path, query and body always.
 * - HTTP message signatures (RFC 9421): the components in `Signature-Input`.
 * - Their draft (draft-cavage-http-signatures): `headers="…"` in `Signature` or `Authorization: Signature …`.
 * - Senders of standard webhooks: `webhook-signature` (svix: `svix-signature`) covers the id and the body.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * @see https://learn.microsoft.com/azure/azure-app-configuration/rest-api-authentication-hmac
 * @see https://www.rfc-editor.org/rfc/rfc9421.html#section-2
 * @see https://datatracker.ietf.org/doc/html/draft-cavage-http-signatures-12#section-2.1.6
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
const SIGNED_HEADERS = /\bSignedHeaders=([^,&\s]+)/i
const COMPONENT_LIST = /=\s*\(([^)]*)\)/g
const COMPONENT = /(?:^|\s)"([^"]*)"(\S*)/g
const DRAFT_HEADERS = /(?:^|[\s,])headers="([^"]*)"/i

/** A hash of the body, signed or not: the body cannot be changed without it. */
const BODY_HASH = /^(?:content-digest|repr-digest|digest|content-md5|(?:x-(?:.+-)?|)content-sha256)$/

type Signed = { readonly headers: Headers }

const QUERY = new Set(['@query', '@target-uri', '@request-target', '(request-target)'])

/** Whether a request is signed together with its key: a server refuses what is written in afterwards. */
export function isSignedWithKey(request: Signed, { header, key }: Pick<Profile, 'header' | 'key'>): boolean {
  switch (key.in) {
    case 'json':
    case 'form':
      return isBodySigned(request)
    case 'query':
      return isQuerySigned(covered(request), key.field ?? '')
    default:
      return header !== undefined && covered(request).includes(header.toLowerCase())
  }
}

/** Whether other bytes would be refused for their signature, or for their hash. */
export function isBodySigned(request: Signed): boolean {
  return covered(request).includes('@body') || [...request.headers.keys()].some(name => BODY_HASH.test(name))
}

function isQuerySigned(names: readonly string[], field: string): boolean {
  return names.some(name => QUERY.has(name) || name === `@query-param;name="${field.toLowerCase()}"`)
}

/** The names that signatures cover, in lower case. */
function covered({ headers }: Signed): readonly string[] {
  const authorization = headers.get('authorization') ?? ''
  const draft = /^Signature\s/i.test(authorization) ? authorization : headers.get('signature')
  const names = [
    ...listed(SIGNED_HEADERS.exec(authorization)?.[1]?.split(';'), ['@query', '@body']),
    ...components(headers.get('signature-input') ?? ''),
    ...listed(DRAFT_HEADERS.exec(draft ?? '')?.[1]?.split(/\s+/)),
    ...['webhook', 'svix'].flatMap(sender =>
      headers.has(`${sender}-signature`) ? [`${sender}-id`, '@body'] : [],
    ),
  ]
  return names.map(name => name.toLowerCase())
}

function listed(names: readonly string[] | undefined, more: readonly string[] = []): readonly string[] {
  return names === undefined ? [] : [...names, ...more]
}

/** Of each signature in `Signature-Input`; a parameter of the query with its name. */
function components(input: string): readonly string[] {
  return [...input.matchAll(COMPONENT_LIST)].flatMap(([, list = '']) =>
    [...list.matchAll(COMPONENT)].map(([, name = '', more]) =>
      name === '@query-param' ? `${name}${more}` : name,
    ),
  )
}

/** The only key of an operation whose request is signed with it; throws a `configuration` error for the next one. */
export function signedKey(id: string, generation: number, path: string): string {
  if (generation === 1) return id
  throw configurationError(
    `${path}.id`,
    'was refused under the key with which the request is signed, and no other can be written into it: nothing was sent. Give the SDK another key',
  )
}
