import { describe, expect, test } from 'vitest'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import { bench, ending } from './bench/bench.ts'
import { answer } from './bench/scripted-server.ts'

/*
 * `client.fetch`: requests whose body has a signature over its own fields. Each signature is one of the length that the
 * server documents, as SDKs make it.
 */

const URL = 'https://shop.test/api/v1/charges'
const SHA1 = 'bfd09afe0b2da6af0a3f4b3b2b3e3b2b9f0f3c1d'
const SHA1_BASE64 = 'i91nKc4PWAt0JJIdXwz9HxZCJDdiy6cf%2FMj6vPxyYIs%3D'
const MD5 = 'b2c4e84f7d6a8f374a3a0431bc5bde91'
const SHA256 = '9e0f7c1a7e0c4a4db0d8b4f3c2a19e0f7c1a7e0c4a4db0d8b4f3c2a19e0f7c1a'
const SHA384 = `${SHA256}${MD5}`
const RSA = `${'sXSGdA4tR4B0wnF6Nr8ShpfNMtHISWuzLpdKoNWskIgCcspMVFFzgkez4BrmtYXk'.repeat(5)}MqZhtyz/8sNNU3F2VTu0fA==`

const inHeader = { header: 'Idempotency-Key' }
const inJson = (field: string) => ({ key: { in: 'json', field } }) as const
const inForm = (field: string) => ({ key: { in: 'form', field } }) as const
const inQuery = { key: { in: 'query', field: 'token' } } as const

type Body = () => BodyInit

const TYPES = { json: 'application/json', form: 'application/x-www-form-urlencoded' }

/** What two calls are answered, the first of which is declined: 0 is a mistake, told before anything is sent. */
async function answered(place: object, body: Body, { id = 'order-42', headers = {} } = {}) {
  const profile = defineProfile({ name: 'signed', honoursKeys: true, retention: 86_400_000, ...place })
  const { client, server, clock } = bench({ profile })
  const once = client.fetch({ name: 'charges', id: () => id, fingerprint: () => 'order 42' })
  server.script(answer(402, { error: {} }), answer(201, { id: 'ch_1' }))
  const given = body()
  const type = typeof given === 'string' && (given.startsWith('{') ? TYPES.json : TYPES.form)
  const own = { 'idempotency-key': 'order-42', ...(type !== false && { 'content-type': type }), ...headers }
  const all: number[] = []
  let message: string | undefined
  for (let call = 1; call <= 2; call++) {
    const end = await clock.until(
      ending(once(`${URL}?token=order-42`, { method: 'POST', headers: own, body: body() })),
    )
    expect(end.error?.code ?? 'configuration').toBe('configuration')
    message ??= end.error?.message
    all.push('data' in end ? end.data.status : 0)
  }
  return { all, message, sent: server.requests.map(({ body: sent }) => sent) }
}

function form(fields: Record<string, string>): FormData {
  const made = new FormData()
  for (const [name, value] of Object.entries(fields)) made.set(name, value)
  return made
}

const momo = `{"partnerCode":"M","requestId":"order-42","amount":990,"signature":"${SHA256}"}`

describe('a body that is signed goes out under its own key, and under no other', () => {
  test.each<readonly [string, object, Body]>([
    ['MoMo signs its `requestId`', inJson('requestId'), () => momo],
    [
      'Amazon Payment Services signs every parameter',
      inJson('merchant_reference'),
      () => `{"command":"PURCHASE","merchant_reference":"order-42","signature":"${SHA256}"}`,
    ],
    [
      'Przelewy24 signs the session',
      inJson('sessionId'),
      () => `{"sessionId":"order-42","amount":1,"sign":"${SHA384}"}`,
    ],
    [
      'Nexi signs the code of the transaction',
      inJson('codiceTransazione'),
      () => `{"codiceTransazione":"order-42","mac":"${SHA1}"}`,
    ],
    [
      'Antom signs `request`, a part of the body',
      inJson('request.head.reqMsgId'),
      () => `{"request":{"head":{"reqMsgId":"order-42"}},"signature":"${RSA}"}`,
    ],
    [
      'AWS of version 2 signs the form',
      inForm('ClientToken'),
      () => `Action=RunInstances&ClientToken=order-42&SignatureVersion=2&Signature=${SHA1_BASE64}`,
    ],
    [
      'Alipay signs the form',
      inForm('out_trade_no'),
      () => `out_trade_no=order-42&sign_type=RSA2&sign=${encodeURIComponent(RSA)}`,
    ],
    [
      'PayFast signs the form',
      inForm('m_payment_id'),
      () => `m_payment_id=order-42&amount=9.90&signature=${MD5}`,
    ],
    ['Binance signs form and query', inQuery, () => `symbol=A&timestamp=1&signature=${SHA256}`],
    [
      'URLSearchParams',
      inForm('m_payment_id'),
      () => new URLSearchParams({ m_payment_id: 'order-42', signature: MD5 }),
    ],
    [
      'FormData, as of Cloudinary',
      inForm('public_id'),
      () => form({ public_id: 'order-42', signature: SHA1 }),
    ],
    ['bytes', inJson('requestId'), () => new TextEncoder().encode(momo)],
  ])('%s', async (_, place, body) => {
    const { all, message, sent } = await answered(place, body)
    expect(all).toEqual([402, 0])
    expect(message).toContain('was refused under the key with which the request is signed')
    const given = body()
    // As it was signed, to the character.
    expect(sent).toEqual([typeof given === 'string' ? given : sent[0]])

    const other = await answered(place, body, { id: 'order-7' })
    expect(other.all).toEqual([0, 0])
    expect(other.message).toContain('must give the key with which the SDK signed this request')
    expect(other.sent).toEqual([])
  })
})

describe('what is no signature of the body stays as it was', () => {
  test.each<readonly [string, object, Body]>([
    ['a sign of the zodiac', inJson('token'), () => '{"token":"order-42","sign":"sagittarius"}'],
    ['a MAC address', inJson('token'), () => '{"token":"order-42","mac":"00:1a:2b:3c:4d:5e:6f:70:81:92"}'],
    [
      'a signature of a letter',
      inJson('token'),
      () => '{"token":"order-42","signature":"Kind regards from all of us here at the shop"}',
    ],
    [
      'a picture of a signature',
      inJson('token'),
      () => `{"token":"order-42","signature":"data:image/png;base64,${RSA}"}`,
    ],
    ['a signature that is no text', inJson('token'), () => '{"token":"order-42","signature":{"by":"Anna"}}'],
    [
      'a field of another object',
      inJson('token'),
      () => `{"token":"order-42","contract":{"signature":"${SHA256}"}}`,
    ],
    [
      'a field of a similar name',
      inForm('token'),
      () => `token=order-42&design=${SHA256}&signature_type=${SHA256}`,
    ],
    ['a field of a form that is a word', inForm('token'), () => 'token=order-42&sign=plus'],
    ['a file of that name', inForm('token'), () => fileForm()],
    ['a list', inQuery, () => `[{"signature":"${SHA256}"}]`],
    ['a signature, and the key goes into a header', inHeader, () => momo],
    ['a sign of the zodiac, and the key goes into a header', inHeader, () => '{"sign":"leo"}'],
  ])('%s', async (_, place, body) => {
    expect((await answered(place, body)).all).toEqual([402, 201])
  })
})

function fileForm(): FormData {
  const made = form({ token: 'order-42' })
  made.set('signature', new Blob([SHA256]), 'signature.txt')
  return made
}

test.each([
  ['WeChat Pay', 'WECHATPAY2-SHA256-RSA2048 mchid="1",nonce_str="n",signature="bm90",timestamp="1"'],
  ['Alipay of version 3', 'ALIPAY-SHA256withRSA app_id=1,nonce=n,timestamp=1,sign=bm90'],
])('%s signs the body in Authorization', async (_, authorization) => {
  const body = () => '{"out_trade_no":"order-42"}'
  expect((await answered(inJson('out_trade_no'), body, { headers: { authorization } })).all).toEqual([402, 0])
  expect((await answered(inHeader, body, { headers: { authorization } })).all).toEqual([402, 201])
})
