import type { Profile } from '../../core/answers/profile.ts'
import { whenKnown } from '../../runtime/when-known.ts'
import type { GivenRequest } from './sdk-request.ts'

/*
 * Signatures in a body, over the fields beside them. They are a field at the top of a form or of JSON:
 *
 * - `signature`: MoMo (over `requestId`, its idempotency key), Amazon Payment Services, Antom (over `request`), Binance,
 *   Cloudinary, PayFast
 * - `Signature`: AWS, version 2
 * - `sign`: Alipay, Przelewy24
 * - `mac`: Nexi XPay
 *
 * What such a field holds is a hash in hexadecimal or a hash or signature in base64. A shorter text, or one with any
 * other character, is none: a sign of the zodiac, a MAC address, the end of a letter, a picture.
 *
 * @see https://developers.momo.vn/v3/docs/payment/api/other/signature/
 * @see https://paymentservices.amazon.com/docs/developer-resources/signature
 * @see https://docs.antom.com/ac/openapi/signreq
 * @see https://developers.binance.com/docs/binance-spot-api-docs/rest-api/request-security
 * @see https://cloudinary.com/documentation/authentication_signatures
 * @see https://developers.payfast.co.za/documentation/
 * @see https://docs.aws.amazon.com/general/latest/gr/signature-version-2.html
 * @see https://opendocs.alipay.com/common/02kf5q
 * @see https://developers.przelewy24.pl/html/en_calculate_sign.html
 * @see https://ecommerce.nexi.it/specifiche-tecniche/
 */
const NAME = /^(?:sign(?:ature)?|mac)$/i
/** From 27 characters on (SHA-1 in base64). */
const VALUE = /^[\w+/-]{27,}={0,2}$/
/** Whether it is worth the time to parse a text. */
const NAMED = /(?:^|[&"])(?:sign(?:ature)?|mac)[="]/i

/** Whether the body has a signature that covers a key in its JSON, its form, or the query. */
export function hasSignedFields(
  request: GivenRequest,
  { in: place }: Profile['key'],
): boolean | Promise<boolean> {
  if (place !== 'json' && place !== 'form' && place !== 'query') return false
  return whenKnown(request.body(), body => {
    if (body === undefined) return false
    if (typeof body === 'string') return isSigned(body)
    if (body instanceof FormData || body instanceof URLSearchParams) return [...body].some(isSignature)
    return request.text().then(isSigned)
  })
}

function isSigned(text: string): boolean {
  return NAMED.test(text) && fieldsIn(text).some(isSignature)
}

function fieldsIn(text: string): readonly (readonly [string, unknown])[] {
  if (!/^\s*[[{]/.test(text)) return [...new URLSearchParams(text)]
  try {
    return Object.entries(JSON.parse(text) as object)
  } catch {
    return []
  }
}

function isSignature([name, value]: readonly [string, unknown]): boolean {
  return NAME.test(name) && typeof value === 'string' && VALUE.test(value)
}
