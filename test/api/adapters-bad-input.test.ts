import { Readable } from 'node:stream'
import { describe, expect, test } from 'vitest'
import { adyenHttpClient } from '../../src/adapters/adyen-http-client.ts'
import { awsRequestHandler } from '../../src/adapters/aws-request-handler.ts'
import { axiosAdapter } from '../../src/adapters/axios-adapter.ts'
import type { AzureHeaders } from '../../src/adapters/azure-headers.ts'
import { azureHttpClient } from '../../src/adapters/azure-http-client.ts'
import { chargebeeHttpClient } from '../../src/adapters/chargebee-http-client.ts'
import { twilioHttpClient } from '../../src/adapters/twilio-http-client.ts'
import type { FetchOptions } from '../../src/client/sdk/fetch-options.ts'
import type { Profile } from '../../src/core/answers/profile.ts'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import { ietf } from '../../src/profiles/ietf.ts'
import { operationErrorOf } from '../../src/public/operation-error-of.ts'
import type { Fetch } from '../../src/public/transport.ts'
import { bench, ending } from './bench/bench.ts'

/* What cannot be sent safely is a `configuration` error that names it, and nothing is sent: whatever http client an SDK has. */

const URL = 'https://shop.test/api/v1/charges'
const json = { 'content-type': 'application/json' }
const keyed = { ...json, 'idempotency-key': 'order-42' }

type Given = { readonly body: unknown; readonly headers: Record<string, string> }

/** How each asks for what it is given. */
const WAYS: Readonly<Record<string, (once: Fetch, given: Given) => Promise<unknown>>> = {
  'client.fetch': (once, { body, headers }) => once(URL, { method: 'POST', headers, body: body as BodyInit }),
  axiosAdapter: (once, { body, headers }) =>
    axiosAdapter(once)({ url: URL, method: 'post', headers, data: body }),
  awsRequestHandler: (once, given) => {
    const target = { protocol: 'https:', hostname: 'shop.test', path: '/api/v1/charges' }
    return awsRequestHandler(once).handle({ method: 'POST', ...target, ...given })
  },
  azureHttpClient: (once, { body, headers }) =>
    azureHttpClient(once).sendRequest({ method: 'POST', url: URL, body, headers: azure(headers) }),
  'azureHttpClient, a body made anew': (once, { body, headers }) =>
    azureHttpClient(once).sendRequest({
      method: 'POST',
      url: URL,
      body: () => body,
      headers: azure(headers),
    }),
  adyenHttpClient: (once, { body, headers }) =>
    adyenHttpClient(once).request(URL, body as string, { apiKey: 'k' }, true, { headers }),
}

const azure = (headers: Record<string, string>) => ({ toJSON: () => headers }) as AzureHeaders

function keyAt(key: Profile['key'] | object): Profile {
  return defineProfile({ name: 'shop', honoursKeys: true, retention: 86_400_000, key })
}

async function asked(way: (once: Fetch) => Promise<unknown>, profile: Profile) {
  const { client, server, clock, records } = bench({ profile })
  const id: FetchOptions['id'] = request => request.headers.get('idempotency-key')
  const once = client.fetch({ name: 'charges', id, account: () => 'shop-1' })
  const { error } = await clock.until(ending(way(once)))
  expect(server.requests).toHaveLength(0)
  expect(await records()).toEqual([])
  return operationErrorOf(error)
}

const CASES: readonly (readonly [string, () => Given, Profile, string])[] = [
  ['a stream', () => ({ body: new Blob(['x']).stream(), headers: keyed }), ietf, 'body: is a stream'],
  ['a stream of Node', () => ({ body: Readable.from(['x']), headers: keyed }), ietf, 'body: is a stream'],
  ['an object', () => ({ body: { a: 1 }, headers: keyed }), ietf, 'body: can be sent only once, or is of no'],
  ['no id', () => ({ body: '{}', headers: json }), ietf, 'id: gave nothing for this request'],
  [
    'no JSON where the key goes into JSON',
    () => ({ body: 'a=1', headers: keyed }),
    keyAt({ in: 'json', field: 'token' }),
    'body: is no JSON, and the profile shop puts the key into its json field token',
  ],
  [
    'a list where the key goes into an object',
    () => ({ body: '[]', headers: keyed }),
    keyAt({ in: 'json', field: 'token' }),
    'body: has no token at its top',
  ],
  [
    'no body where the key goes into JSON',
    () => ({ body: undefined, headers: keyed }),
    keyAt({ in: 'json', field: 'token' }),
    'body: is missing',
  ],
  [
    'no form where the key goes into a form',
    () => ({ body: '{}', headers: keyed }),
    keyAt({ in: 'form', field: 'token' }),
    'body: is no form',
  ],
  [
    'a key that no header takes',
    () => ({ body: '{}', headers: { ...json, 'idempotency-key': 'order 42' } }),
    ietf,
    'key: must be printable ASCII',
  ],
  [
    'a key that is no UUID',
    () => ({ body: '{}', headers: keyed }),
    keyAt({ format: 'uuid' }),
    'key: must be a UUID',
  ],
  [
    'a key that is too long',
    () => ({ body: '{}', headers: { ...json, 'idempotency-key': 'k'.repeat(40) } }),
    keyAt({ maxLength: 36 }),
    'key: must have at most 36 characters, has 40',
  ],
]

describe.each(Object.entries(WAYS))('%s', (_name, way) => {
  test.each(CASES)('%s', async (_what, given, profile, message) => {
    const error = await asked(once => way(once, given()), profile)
    expect(error).toMatchObject({ code: 'configuration', outcome: 'not-executed' })
    expect(error?.message).toContain(message)
  })
})

/** It makes a Request of the body, which can be read again and again. */
describe('chargebeeHttpClient', () => {
  test.each(CASES.filter(([what]) => !/stream|object/.test(what)))(
    '%s',
    async (_what, given, profile, message) => {
      const { body, headers } = given()
      const request = new Request(URL, { method: 'POST', headers, body: body as BodyInit })
      const error = await asked(once => chargebeeHttpClient(once).makeApiRequest(request, 60_000), profile)
      expect(error).toMatchObject({ code: 'configuration', outcome: 'not-executed' })
      expect(error?.message).toContain(message)
    },
  )
})

/** It is given names and values, and makes a form or JSON of them. */
describe('twilioHttpClient', () => {
  const form = { 'Content-Type': 'application/x-www-form-urlencoded' }

  test.each<readonly [string, object, object | undefined, Profile, string]>([
    ['no id', form, { To: '+1' }, ietf, 'id: gave nothing for this request'],
    ['a value of a form that is an object', { ...form, ...keyed }, { To: {} }, ietf, 'form.To: is no text'],
    [
      'a value of a form that is a stream',
      { ...form, ...keyed },
      { To: [Readable.from(['x'])] },
      ietf,
      'form.To: is no text',
    ],
    [
      'no JSON where the key goes into JSON',
      { 'idempotency-key': 'order-42', ...form },
      { To: '+1' },
      keyAt({ in: 'json', field: 'token' }),
      'body: is no JSON',
    ],
    [
      'no form where the key goes into a form',
      keyed,
      { To: '+1' },
      keyAt({ in: 'form', field: 'token' }),
      'body: is no form',
    ],
    [
      'no body where the key goes into JSON',
      keyed,
      undefined,
      keyAt({ in: 'json', field: 'token' }),
      'body: is missing',
    ],
    ['a key that is no UUID', keyed, { To: '+1' }, keyAt({ format: 'uuid' }), 'key: must be a UUID'],
  ])('%s', async (_what, headers, data, profile, message) => {
    const request = { method: 'post', uri: URL, headers: { ...headers }, data }
    const error = await asked(once => twilioHttpClient(once).request(request), profile)
    expect(error).toMatchObject({ code: 'configuration', outcome: 'not-executed' })
    expect(error?.message).toContain(message)
  })
})
