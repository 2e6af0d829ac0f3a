import type { Profile } from '../../core/answers/profile.ts'
import { configurationError } from '../../public/errors.ts'

/*
 * How a signature shows what it covers besides the method. The request itself shows this, whichever SDK made it.
 *
 * - AWS (Signature Version 4) and access keys of Azure: `SignedHeaders=` in Authorization; path, query and body always.
 * - HTTP message signatures (RFC 9421): the lists of components in `Signature-Input`.
 * - Their draft (draft-cavage-http-signatures) and its successors: `headers="…"` in `Signature` or Authorization.
 * - Senders of webhooks: `webhook-signature` covers `webhook-id` and the body, `svix-signature` the same for svix.
 * - Presigned URLs: `X-Amz-SignedHeaders`, `X-Goog-SignedHeaders` in the query, which is itself covered.
 * - Azure Storage (`SharedKey`): the query and all headers that begin with `x-ms-`.
 * - OAuth 1 and Hawk: the query, and for OAuth also a form; any other body only if its hash is included.
 * - Signatures of a server's own design, in a header or parameter with "signature" in its name, or a scheme with "HMAC"
 *   in its name or of WeChat Pay or Alipay: the body and the query. Nothing shows which headers they cover, and hardly
 *   any of them covers one.
 * - Signatures in the body: signed-fields.ts.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 * @see https://learn.microsoft.com/azure/azure-app-configuration/rest-api-authentication-hmac
 * @see https://www.rfc-editor.org/rfc/rfc9421.html#section-2
 * @see https://datatracker.ietf.org/doc/html/draft-cavage-http-signatures-12#section-2.1.6
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 * @see https://learn.microsoft.com/rest/api/storageservices/authorize-with-shared-key
 * @see https://www.rfc-editor.org/rfc/rfc5849.html#section-3.4.1
 * @see https://pay.weixin.qq.com/wiki/doc/api_external/en/wechatpay/wechatpay4_0.shtml
 * @see https://github.com/alipay/alipay-sdk-nodejs-all/blob/master/src/alipay.ts
 * @see https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
 */
const SIGNED_HEADERS = /\bSignedHeaders=([^,&\s]+)/i
const COMPONENTS = /\([^)]*\)/g
const DRAFT_HEADERS = /\bheaders="([^"]*)"/i
const QUERY = ['@query', '@target-uri', '@request-target', 'request-target']

/** A hash of the body, signed or not: the body cannot be changed without breaking it. */
const HASH = /^(?:(?:content-|repr-)?digest|content-md5|(?:x-.*)?content-sha256)$/
/** Signatures of a server's own design: X-Signature, CB-ACCESS-SIGN, X-Hub-Signature-256; `signature` in a query. */
const OWN_HEADER = /^(?:.*-)?(?:signature|sign|hmac)(?:-(?:sha)?\d+)?$/
const OWN_PARAMETER = /^(?:oauth_)?(?:signature|sign|hmac)$/i
const OWN_SCHEME = /^(?:(?:[\w-]+-)?hmac[\w-]*|(?:wechatpay2|alipay)-[\w-]+) (?!.*\bheaders=)/i
const HASH_IN_SCHEME = /^(?:hawk|oauth) .*\b(?:oauth_body_)?hash=/i
const OAUTH = /^oauth (?!.*plaintext)/i
const QUERY_SCHEME = /^(?:hawk|sharedkey(?:lite)?) /i
const SIGNED_HEADERS_IN_QUERY = /^x-.*-signedheaders$/i

type Signed = { readonly headers: Headers; readonly url: string }

/** Whether the signature of a request covers its key: the server would refuse a key that is written in afterwards. */
export function isSignedWithKey(
  request: Signed,
  { header = '', key }: Pick<Profile, 'header' | 'key'>,
): boolean {
  const { in: place, field = '' } = key
  const scheme = request.headers.get('authorization') ?? ''
  if (place === 'json') return isBodySigned(request)
  if (place === 'form') return isBodySigned(request) || OAUTH.test(scheme)
  const own = (place === 'query' ? field : header).toLowerCase()
  const names = covered(request, scheme)
  if (place === 'query')
    return (
      [...QUERY, own].some(name => names.includes(name)) ||
      QUERY_SCHEME.test(scheme) ||
      OAUTH.test(scheme) ||
      isOwnSigned(request, scheme)
    )
  const isOfWebhook = own.endsWith('-id') && request.headers.has(`${own.slice(0, -2)}signature`)
  const isOfAzure = own.startsWith('x-ms-') && /^sharedkey/i.test(scheme)
  return isOfWebhook || isOfAzure || names.includes(own)
}

/** Whether the server would refuse other bytes because of a signature or a hash. */
export function isBodySigned(request: Signed): boolean {
  const scheme = request.headers.get('authorization') ?? ''
  return (
    SIGNED_HEADERS.test(scheme) ||
    HASH_IN_SCHEME.test(scheme) ||
    isOwnSigned(request, scheme) ||
    [...request.headers.keys()].some(name => HASH.test(name))
  )
}

/**
 * Whether there is a signature of the server's own design. A header named only `Signature` may also belong to the draft
 * or to RFC 9421, which name what they cover.
 */
function isOwnSigned({ headers, url }: Signed, scheme: string): boolean {
  return (
    OWN_SCHEME.test(scheme) ||
    [...headers].some(
      ([name, value]) =>
        OWN_HEADER.test(name) &&
        (name !== 'signature' || !(headers.has('signature-input') || /\bkeyid=/i.test(value))),
    ) ||
    parametersOf(url).some(([name]) => OWN_PARAMETER.test(name))
  )
}

/** The names that the signatures cover, in lower case. */
function covered({ headers, url }: Signed, scheme: string): readonly string[] {
  const lists = [
    SIGNED_HEADERS.exec(scheme)?.[1]?.concat(';@query'),
    DRAFT_HEADERS.exec(`${scheme},${headers.get('signature')}`)?.[1],
    ...(headers.get('signature-input')?.match(COMPONENTS) ?? []),
    ...parametersOf(url).map(([name, value]) => SIGNED_HEADERS_IN_QUERY.test(name) && `${value};@query`),
  ]
  const text = lists.join(' ').toLowerCase()
  return text.match(/[^\s"();]+/g) ?? []
}

function parametersOf(url: string): readonly (readonly [name: string, value: string])[] {
  return url.includes('?') ? [...new URL(url).searchParams] : []
}

/**
 * The key of an operation whose request is signed together with it. Throws a `configuration` error for any further key.
 */
export function signedKey(id: string, generation: number, path: string): string {
  if (generation === 1) return id
  throw configurationError(
    `${path}.id`,
    'was refused under the key with which the request is signed, and no other can be written into it: nothing was sent. Give the SDK another key',
  )
}
