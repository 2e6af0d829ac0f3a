import { Readable } from 'node:stream'
import { describe, expect, test, vi } from 'vitest'
import type { FetchOptions } from '../../src/client/sdk/fetch-options.ts'
import { defineProfile } from '../../src/profiles/define-profile.ts'
import { stripe } from '../../src/profiles/stripe.ts'
import { noKeys } from '../../src/profiles/no-keys.ts'
import { isOperationError } from '../../src/public/errors.ts'
import { operationErrorOf } from '../../src/public/operation-error-of.ts'
import type { Bench, Setup, TrialClient } from './bench/bench.ts'
import { bench, ending } from './bench/bench.ts'
import { answer, held, refusedConnection, reset, silence } from './bench/scripted-server.ts'

/* `client.fetch`: an SDK's requests as operations. */

const URL = 'https://shop.test/api/v1/charges'
const OPTIONS: FetchOptions = {
  name: 'charges',
  id: request => request.headers.get('idempotency-key'),
  keepResponseHeaders: ['request-id'],
}

/** A request as SDKs make them. */
function charge(key: string | undefined, more: RequestInit = {}): [string, RequestInit] {
  const headers = {
    'Content-Type': 'application/json',
    Authorization: 'Bearer sk_1',
    ...(key !== undefined && { 'Idempotency-Key': key }),
  }
  return [URL, { method: 'POST', headers, body: '{"amount":990}', ...more }]
}

const graphqlWithKeys = defineProfile({
  name: 'graphql',
  honoursKeys: true,
  rules: [{ status: 200, at: 'errors[].message', means: 'unknown', source: 'this test' }],
})

function world(setup: Setup = {}, options: Partial<FetchOptions> = {}) {
  const all = bench({ profile: stripe, ...setup })
  return { ...all, once: fetchOf(all, options) }
}

function fetchOf({ client }: Pick<TrialClient, 'client'>, options: Partial<FetchOptions> = {}) {
  return client.fetch({ ...OPTIONS, ...options })
}

async function seen(response: Response) {
  const { status, headers, url } = response
  return { status, headers: Object.fromEntries(headers), text: await response.text(), url }
}

const created = answer(201, { id: 'ch_1' }, { 'request-id': 'req_1', 'x-other': 'no' })
const CREATED = {
  status: 201,
  headers: { 'content-type': 'application/json', 'request-id': 'req_1' },
  text: '{"id":"ch_1"}',
  url: URL,
}
const declined = answer(402, { error: { code: 'card_declined' } }, { 'request-id': 'req_2' })
const DECLINED = {
  status: 402,
  headers: {
    'content-type': 'application/json',
    'request-id': 'req_2',
    'stripe-should-retry': 'false',
    'x-should-retry': 'false',
  },
  text: '{"error":{"code":"card_declined"}}',
  url: URL,
}

describe('a request with an id', () => {
  test('is an operation under the caller’s key, and the SDK gets the server’s own answer', async () => {
    const { once, server, clock, record } = world()
    server.script(created)
    expect(await seen(await clock.until(once(...charge('order-42'))))).toEqual(CREATED)
    expect(server.requests).toMatchObject([
      {
        method: 'POST',
        url: URL,
        key: 'order-42',
        body: '{"amount":990}',
        headers: { authorization: 'Bearer sk_1', 'content-type': 'application/json' },
      },
    ])
    expect(await record()).toMatchObject({
      state: 'succeeded',
      key: 'order-42',
      id: 'order-42',
      generation: 1,
    })
    expect(JSON.stringify(await record())).not.toContain('sk_1')
  })

  test('whose answer is lost is sent again under its key', async () => {
    const { once, server, clock } = world()
    server.script(reset, created)
    expect(await seen(await clock.until(once(...charge('order-42'))))).toEqual(CREATED)
    expect(server.requests.map(({ key }) => key)).toEqual(['order-42', 'order-42'])
  })

  test('is answered from the store in another process, without a request', async () => {
    const all = world()
    all.server.script(created)
    await all.clock.until(all.once(...charge('order-42')))
    const later = fetchOf(all.another({ profile: stripe }))
    expect(await seen(await all.clock.until(later(...charge('order-42'))))).toEqual(CREATED)
    expect(all.server.requests).toHaveLength(1)
  })

  test('twice at once is one request, and both get the answer', async () => {
    const { once, server, clock } = world()
    server.script(created)
    const both = [once(...charge('order-42')), once(...charge('order-42'))]
    for (const one of both) expect(await seen(await clock.until(one))).toEqual(CREATED)
    expect(server.requests).toHaveLength(1)
  })

  test.each([200, 203, 204])('and an answer of %i has its status', async status => {
    const { once, server, clock } = world()
    server.script(status === 204 ? answer(204) : answer(status, { id: 'ch_1' }))
    const response = await clock.until(once(...charge('order-42')))
    expect(response.status).toBe(status)
    expect(response.headers.get('x-should-retry')).toBeNull()
  })

  test('and numbers of 64 bits keeps them', async () => {
    const { once, server, clock } = world()
    const body = '{"amount":9007199254740993}'
    server.script(() => new Response(body, { headers: { 'content-type': 'application/json' } }))
    const sent = '{"amount": 9007199254740993}'
    const response = await clock.until(once(...charge('order-42', { body: sent })))
    expect(await response.text()).toBe(body)
    expect(server.requests.map(each => each.body)).toEqual([sent])
  })

  test('from its body is one under a key that is made', async () => {
    const id: FetchOptions['id'] = async request => {
      const { order } = (await request.json()) as { order: string }
      return order
    }
    const { once, server, clock, record } = world({}, { id })
    server.script(created)
    await clock.until(once(...charge('of-the-sdk', { body: '{"order":"order-42"}' })))
    expect(server.requests).toMatchObject([{ key: 'key-1', body: '{"order":"order-42"}' }])
    expect(await record()).toMatchObject({ id: 'order-42', key: 'key-1' })
  })

  test('as a Request, with a body of its own, is the same', async () => {
    const { once, server, clock } = world()
    server.script(created)
    const [url, init] = charge('order-42')
    const request = new Request(url, init)
    expect(await seen(await clock.until(once(request)))).toEqual(CREATED)
    expect(server.requests).toMatchObject([{ key: 'order-42', body: '{"amount":990}' }])
  })

  test('as a Request of node-fetch, whose body is a stream of Node’s, is the same', async () => {
    const { once, server, clock } = world()
    server.script(reset, created)
    const [url, { method, headers }] = charge('order-42')
    const text = '{"amount":990}'
    const request = {
      url,
      method,
      headers: new Headers(headers),
      body: Readable.from([text]),
      bodyUsed: false,
      clone: () => request,
      arrayBuffer: async () => new TextEncoder().encode(text).buffer,
    }
    expect(await seen(await clock.until(once(request as unknown as Request)))).toEqual(CREATED)
    expect(server.requests.map(each => each.body)).toEqual(['{"amount":990}', '{"amount":990}'])
  })

  test('as a Request that was made of a stream is read whole before the first send: each has the same bytes', async () => {
    const { once, server, clock } = world()
    server.script(reset, created)
    const [url, init] = charge('order-42', { body: new Blob(['{"amount":', '990}']).stream() })
    const request = new Request(url, { ...init, duplex: 'half' } as RequestInit)
    expect(await seen(await clock.until(once(request)))).toEqual(CREATED)
    expect(server.requests.map(({ key, body }) => [key, body])).toEqual([
      ['order-42', '{"amount":990}'],
      ['order-42', '{"amount":990}'],
    ])
  })

  test.each<readonly [string, () => BodyInit, string]>([
    ['a form', () => new URLSearchParams({ a: '1' }), 'a=1'],
    ['bytes', () => new TextEncoder().encode('{"a":1}'), '{"a":1}'],
    ['a Blob', () => new Blob(['{"a":1}']), '{"a":1}'],
  ])('and %s as its body is sent as it is', async (_kind, body, text) => {
    const { once, server, clock } = world()
    server.script(created)
    await clock.until(once(...charge('order-42', { body: body() })))
    expect(server.requests.map(each => each.body)).toEqual([text])
  })

  test.each<readonly [string, () => { body: BodyInit; changes: () => unknown }]>([
    [
      'bytes',
      () => {
        const body = new TextEncoder().encode('a=1')
        return { body, changes: () => body.fill(120) }
      },
    ],
    [
      'a buffer',
      () => {
        const bytes = new TextEncoder().encode('a=1')
        return { body: bytes.buffer, changes: () => bytes.fill(120) }
      },
    ],
    [
      'a form',
      () => {
        const body = new URLSearchParams({ a: '1' })
        return { body, changes: () => body.set('a', '2') }
      },
    ],
  ])('and %s that change while `id` is awaited is sent as it was at the call', async (_kind, given) => {
    const { once, server, clock } = world({}, { id: async request => (await request.text()).slice(0, 1) })
    server.always(created)
    await clock.until(once(...charge(undefined, { body: 'b=1' })))
    const { body, changes } = given()
    const paid = once(...charge(undefined, { body }))
    changes()
    await clock.until(paid)
    expect(server.requests.map(each => each.body)).toEqual(['b=1', 'a=1'])
  })

  test('of a fetch whose code is not loaded yet is sent as it was at the call', async () => {
    vi.resetModules()
    const fresh = await import('./bench/bench.ts')
    const { client, server, clock } = fresh.bench({ profile: stripe })
    const once = fetchOf({ client })
    server.always(created)
    const headers = { 'Idempotency-Key': 'order-1' }
    const body = new TextEncoder().encode('a=1')
    const url = new globalThis.URL(URL)
    const init = { method: 'POST', headers, body }
    const first = once(url, init)
    headers['Idempotency-Key'] = 'order-2'
    body.fill(120)
    url.pathname = '/elsewhere'
    init.method = 'PUT'
    await clock.until(first)
    expect(server.requests).toMatchObject([{ method: 'POST', url: URL, key: 'order-1', body: 'a=1' }])
  })

  test('and a length that the SDK computed goes without it', async () => {
    const { once, server, clock } = world()
    server.script(created)
    const headers = { 'Idempotency-Key': 'order-42', 'Content-Length': '999', Connection: 'keep-alive' }
    await clock.until(once(...charge(undefined, { headers })))
    expect(Object.keys(server.requests[0]?.headers ?? {})).toEqual(['content-type', 'idempotency-key'])
  })

  test('and a relative URL goes to the base URL', async () => {
    const { once, server, clock } = world()
    server.script(created)
    await clock.until(once('v1/charges', charge('order-42')[1]))
    expect(server.requests.map(({ url }) => url)).toEqual([URL])
  })
})

describe('the answer has no header that the server’s own would not have', () => {
  test('without a content type it has none: SDKs parse such a text as JSON', async () => {
    const { once, server, clock } = world()
    server.script(() => new Response(new TextEncoder().encode('{"id":"ch_1"}'), { status: 201 }))
    const { headers, text } = await seen(await clock.until(once(...charge('order-42'))))
    expect({ headers, text }).toEqual({ headers: {}, text: '{"id":"ch_1"}' })
  })

  test.each([
    { status: 200, type: { 'content-type': 'application/json' }, own: {} },
    { status: 404, type: {}, own: { 'stripe-should-retry': 'false', 'x-should-retry': 'false' } },
  ])('an empty $status says so by its length: SDKs parse what has none', async ({ status, type, own }) => {
    const { once, server, clock } = world()
    server.script(() => new Response(null, { status, headers: { ...type, 'content-length': '0' } }))
    const { headers, text } = await seen(await clock.until(once(...charge('order-42'))))
    expect({ headers, text }).toEqual({ headers: { ...type, ...own, 'content-length': '0' }, text: '' })
  })

  test('a 204 has no length', async () => {
    const { once, server, clock } = world()
    server.script(answer(204))
    const { headers } = await seen(await clock.until(once(...charge('order-42'))))
    expect(headers).toEqual({})
  })
})

test('a copy of the answer, and a copy of that, have its URL and its text', async () => {
  const { once, server, clock } = world()
  server.script(created)
  const response = await clock.until(once(...charge('order-42')))
  const copies = [response.clone(), response.clone().clone()]
  expect(await Promise.all(copies.map(seen))).toEqual([CREATED, CREATED])
  expect(await seen(response)).toEqual(CREATED)
})

describe('a key in another place than the header', () => {
  const square = defineProfile({
    name: 'square',
    honoursKeys: true,
    key: { in: 'json', field: 'idempotency_key', maxLength: 45 },
  })
  const id: FetchOptions['id'] = async request =>
    ((await request.json()) as { idempotency_key?: string }).idempotency_key

  test('is the key that is sent first, and the engine writes those that follow', async () => {
    const { once, server, clock } = world({ profile: square }, { id })
    server.script(declined, created)
    const body = '{"idempotency_key":"order-42","amount":9007199254740993}'
    expect((await clock.until(once(...charge(undefined, { body })))).status).toBe(402)
    expect((await clock.until(once(...charge(undefined, { body })))).status).toBe(201)
    expect(server.requests.map(each => each.body)).toEqual([
      '{"idempotency_key":"order-42","amount":9007199254740993}',
      '{"idempotency_key":"1780982b-6966-5051-a4c0-96a738bc7820","amount":9007199254740993}',
    ])
  })

  test('of any length is followed by a UUID', async () => {
    const { once, server, clock } = world({ profile: square }, { id })
    server.script(declined, created)
    const body = `{"idempotency_key":"${'a'.repeat(45)}"}`
    await clock.until(once(...charge(undefined, { body })))
    await clock.until(once(...charge(undefined, { body })))
    expect(server.requests.map(each => each.body)).toEqual([
      body,
      '{"idempotency_key":"bce4d8b2-6a9e-591c-9532-49f0ba222160"}',
    ])
  })

  test('of a server that takes no UUID is sent as it stands, and none is made', async () => {
    const header = 'Idempotency-Key'
    const key = { maxLength: 10, alphabet: '0-9' }
    const { once, server, clock } = world({
      profile: defineProfile({ name: 'short', honoursKeys: true, header, key }),
    })
    server.script(declined)
    expect((await clock.until(once(...charge('42')))).status).toBe(402)
    // The next key would be a UUID.
    expect((await clock.until(ending(once(...charge('42'))))).error).toMatchObject({
      code: 'configuration',
      message: 'fetch(charges).key: must have at most 10 characters, has 36',
    })
    expect(server.requests.map(request => request.key)).toEqual(['42'])
    expect((await clock.until(ending(once(...charge('12345678901'))))).error).toMatchObject({
      code: 'configuration',
      outcome: 'not-executed',
    })
    expect(server.requests).toHaveLength(1)
  })

  test('of a form, and of the query, is that key too', async () => {
    for (const place of ['form', 'query'] as const) {
      const profile = defineProfile({
        name: 'ec2',
        honoursKeys: true,
        key: { in: place, field: 'ClientToken' },
      })
      const { once, server, clock, record } = world({ profile }, { id: () => 'order-42' })
      server.script(created)
      const body = new URLSearchParams({ Action: 'Run', ClientToken: 'order-42' })
      const init = charge(undefined, { body, headers: {} })[1]
      await clock.until(once(place === 'query' ? `${URL}?ClientToken=order-42` : URL, init))
      expect(await record()).toMatchObject({ key: 'order-42' })
    }
  })

  test('of an item of a list is written there, whatever the SDK made up (SMS of Azure)', async () => {
    const profile = defineProfile({
      name: 'azure-sms',
      honoursKeys: true,
      key: { in: 'json', field: 'to.0.requestId', format: 'uuid' },
      retention: 'unknown',
      rules: [{ status: 202, means: 'succeeded', source: 'this test' }],
    })
    const meant: FetchOptions['fingerprint'] = async request => {
      const { text } = (await request.json()) as { readonly text: string }
      return { text }
    }
    const setup = world({ profile, keys: 'uuid' }, { id: () => 'order-42', fingerprint: meant })
    const sms = (made: number): RequestInit => ({
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: `{"to":[{"number":"+1","requestId":"made-up-${made}","firstSent":"${made}"}],"text":"Paid."}`,
    })
    setup.server.script(reset, answer(202, { value: [] }))
    const first = await setup.clock.until(setup.once(URL, sms(1)))
    const next = fetchOf(setup.another(), { id: () => 'order-42', fingerprint: meant })
    const second = await setup.clock.until(next(URL, sms(2)))
    expect([first.status, second.status]).toEqual([202, 202])
    const bodies = setup.server.requests.map(({ body }) => body)
    expect(bodies).toEqual([bodies[0], bodies[0]])
    expect(bodies[0]).toMatch(/^{"to":\[{"number":"\+1","requestId":"[\da-f-]{36}","firstSent":"1"}\],"text"/)
  })

  test('and no JSON is refused, and nothing is sent', async () => {
    const { once, server, clock } = world({ profile: square }, { id: () => 'order-42' })
    const { error } = await clock.until(ending(once(...charge(undefined, { body: 'amount=990' }))))
    expect(error).toMatchObject({ code: 'configuration' })
    expect(error?.message).toContain('fetch(charges).request.body: is no JSON')
    expect(server.requests).toHaveLength(0)
  })
})

describe('a request that its SDK has signed', () => {
  const AWS = 'AWS4-HMAC-SHA256 Credential=id/ecs, SignedHeaders=content-type;host;x-key, Signature=0'
  const ecs = defineProfile({ name: 'ecs', honoursKeys: true, key: { in: 'json', field: 'clientToken' } })
  const run = (token: string): [string, RequestInit] => {
    const headers = { 'content-type': 'application/json', authorization: AWS }
    return [URL, { method: 'POST', headers, body: `{"clientToken":"${token}","a":1}` }]
  }
  const tokenOf: FetchOptions['id'] = async request => {
    const { clientToken } = (await request.json()) as { readonly clientToken: string }
    return clientToken
  }

  test('together with its key goes out as it was signed', async () => {
    const { once, server, clock } = world({ profile: ecs }, { id: tokenOf })
    server.script(reset, created)
    expect(await seen(await clock.until(once(...run('job-1'))))).toEqual(CREATED)
    const body = '{"clientToken":"job-1","a":1}'
    expect(server.requests.map(request => request.body)).toEqual([body, body])
  })

  test('together with its key has no second key: after a refusal the mistake is told, and nothing is sent', async () => {
    const { once, server, clock, record } = world({ profile: ecs }, { id: tokenOf })
    server.script(declined, created)
    expect((await clock.until(once(...run('job-1')))).status).toBe(402)
    const { error } = await clock.until(ending(once(...run('job-1'))))
    expect(error).toMatchObject({ code: 'configuration', outcome: 'not-executed' })
    expect(error?.message).toContain('fetch(charges).id: was refused under the key with which the request is')
    expect(server.requests).toHaveLength(1)
    expect(await record()).toMatchObject({ key: 'job-1', generation: 1 })
    expect((await clock.until(once(...run('job-2')))).status).toBe(201)
  })

  test('without naming that key is refused, and nothing is sent', async () => {
    const { once, server, clock } = world({ profile: ecs }, { id: () => 'order-42' })
    const { error } = await clock.until(ending(once(...run('made-up'))))
    expect(error).toMatchObject({ code: 'configuration', outcome: 'not-executed' })
    expect(error?.message).toContain('must give the key with which the SDK signed this request')
    expect(server.requests).toEqual([])
  })

  test.each([
    ['X-Key', [402]],
    ['X-Other', [402, 201]],
  ])(
    'where the key is in %s is answered %j: the signature says which headers it covers',
    async (header, all) => {
      const profile = defineProfile({ name: 'signed', honoursKeys: true, header })
      const { once, server, clock } = world({ profile }, { id: request => request.headers.get(header) })
      server.script(declined, created)
      const headers = { 'content-type': 'application/json', authorization: AWS, [header]: 'order-42' }
      const statuses = []
      for (let call = 1; call <= 2; call++) {
        const end = await clock.until(ending(once(URL, { method: 'POST', headers, body: '{"a":1}' })))
        if ('data' in end) statuses.push(end.data.status)
      }
      expect(statuses).toEqual(all)
    },
  )
})

describe('a signature says of itself what it covers', () => {
  const inHeader = { header: 'Idempotency-Key' }
  const inJson = { key: { in: 'json', field: 'token' } } as const
  const inForm = { key: { in: 'form', field: 'token' } } as const
  const inQuery = { key: { in: 'query', field: 'token' } } as const
  const rfc = (components: string) => ({
    'signature-input': `sig1=("@method" ${components});created=1618884473;keyid="a(1)"`,
    signature: 'sig1=:bm90aGluZw==:',
  })
  const draft = (names: string) =>
    `keyId="k",algorithm="hs2019",headers="(request-target) ${names}",signature="bm90"`
  const digest = { 'content-digest': 'sha-256=:bm90:' }

  const given: FetchOptions['id'] = () => 'order-42'

  /** What two calls are answered, the first of which is declined: 0 is a mistake, told before anything is sent. */
  async function statuses(
    place: object,
    signed: Record<string, string>,
    more: Partial<FetchOptions> = {},
    url = `${URL}?token=order%2D42&b=2`,
  ) {
    const profile = defineProfile({ name: 'signed', honoursKeys: true, retention: 86_400_000, ...place })
    const { once, server, clock } = world({ profile }, { id: given, account: () => 'a', ...more })
    server.script(declined, created)
    const isForm = 'key' in place && place.key === inForm.key
    const body = isForm ? 'token=order%2D42&a=1' : '{"token":"order\\u002d42","a":1}'
    const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json'
    const headers = { 'content-type': type, 'idempotency-key': 'order-42', ...signed }
    const all: number[] = []
    for (let call = 1; call <= 2; call++) {
      const end = await clock.until(ending(once(url, { method: 'POST', headers, body })))
      expect(end.error?.code ?? 'configuration').toBe('configuration')
      all.push('data' in end ? end.data.status : 0)
    }
    return { all, first: server.requests[0], body }
  }

  test.each<readonly [string, object, Record<string, string>, readonly number[]]>([
    ['a component', inHeader, rfc('"idempotency-key" "date"'), [402, 0]],
    ['a component with a parameter', inHeader, rfc('"Idempotency-Key";sf'), [402, 0]],
    [
      'a component of the second signature',
      inHeader,
      { 'signature-input': 'a=("date"), b=( "idempotency-key" )' },
      [402, 0],
    ],
    ['other components', inHeader, rfc('"content-digest"'), [402, 201]],
    [
      'a parameter of a signature',
      inHeader,
      { 'signature-input': 'a=("date");tag="idempotency-key"' },
      [402, 201],
    ],
    ['a header of the draft', inHeader, { signature: draft('date Idempotency-Key') }, [402, 0]],
    [
      'a header of the draft in Authorization',
      inHeader,
      { authorization: `Signature ${draft('idempotency-key digest')}` },
      [402, 0],
    ],
    ['other headers of the draft', inHeader, { signature: draft('date digest') }, [402, 201]],
    [
      'the date alone, as where the draft names none',
      inHeader,
      { signature: 'keyId="k",signature="bm90"' },
      [402, 201],
    ],
    [
      'the id of a webhook',
      { header: 'webhook-id' },
      { 'webhook-id': 'order-42', 'webhook-signature': 'v1,bm90' },
      [402, 0],
    ],
    [
      'the id of a webhook of svix',
      { header: 'svix-id' },
      { 'svix-id': 'order-42', 'svix-signature': 'v1,bm90' },
      [402, 0],
    ],
    [
      'a header as Kong names it',
      inHeader,
      { authorization: 'hmac username="u", headers="date idempotency-key", signature="bm90"' },
      [402, 0],
    ],
    ['a signature of the body, whoever made it', inJson, { 'x-shop-signature': 'bm90' }, [402, 0]],
    ['the digest of JSON', inJson, { ...rfc('"content-digest"'), ...digest }, [402, 0]],
    [
      'the digest of JSON, by the draft',
      inJson,
      { digest: 'SHA-256=bm90', signature: draft('digest') },
      [402, 0],
    ],
    ['a digest of JSON that nothing signs', inJson, { 'content-md5': 'bm90' }, [402, 0]],
    ['a digest of JSON as Oracle names it', inJson, { 'x-content-sha256': 'bm90' }, [402, 0]],
    ['the method alone, with a key in JSON', inJson, rfc('"date"'), [402, 201]],
    ['the digest of a form', inForm, { ...rfc('"content-digest"'), ...digest }, [402, 0]],
    ['the query', inQuery, rfc('"@query"'), [402, 0]],
    ['the whole URL', inQuery, rfc('"@target-uri"'), [402, 0]],
    ['the target of the draft', inQuery, { signature: draft('date') }, [402, 0]],
    ['the parameter of the query', inQuery, rfc('"@query-param";name="token"'), [402, 0]],
    ['another parameter of the query', inQuery, rfc('"@query-param";name="b" "@path"'), [402, 201]],
  ])('%s', async (_what, place, signed, expected) => {
    const { all, first, body } = await statuses(place, signed)
    expect(all).toEqual(expected)
    // As it was signed, to the character.
    expect(first?.body).toBe(body)
    expect(first?.url).toBe(`${URL}?token=order%2D42&b=2`)
  })

  const ownSignatures: readonly (readonly [string, Record<string, string>])[] = [
    ['Coinbase', { 'cb-access-sign': 'bm90', 'cb-access-timestamp': '1' }],
    ['Bybit', { 'x-bapi-sign': 'bm90', 'x-bapi-sign-type': '2' }],
    ['Kraken', { 'api-sign': 'bm90' }],
    ['Gemini', { 'x-gemini-signature': 'bm90' }],
    ['a hub', { 'x-hub-signature-256': 'sha256=bm90' }],
    ['Rapyd', { signature: 'bm90', salt: '1' }],
    ['a header that is an HMAC', { 'x-hmac-sha256': 'bm90' }],
    ['a scheme HMAC', { authorization: 'HMAC shop:1884473:bm90' }],
    ['a scheme that names its hash', { authorization: 'HmacSHA256 bm90' }],
    ['Akamai', { authorization: 'EG1-HMAC-SHA256 client_token=a;signature=bm90' }],
  ]

  test.each(ownSignatures)(
    '%s signs body and query by a rule of its own, and no header',
    async (_, signed) => {
      expect((await statuses(inJson, signed)).all).toEqual([402, 0])
      expect((await statuses(inForm, signed)).all).toEqual([402, 0])
      expect((await statuses(inQuery, signed)).all).toEqual([402, 0])
      expect((await statuses(inHeader, signed)).all).toEqual([402, 201])
      const other = await statuses(inJson, signed, { id: () => 'order-7' })
      expect([other.all, other.first]).toEqual([[0, 0], undefined])
    },
  )

  const hawk = 'Hawk id="a", ts="1", nonce="n", mac="bm90"'
  const oauth = 'OAuth oauth_signature_method="HMAC-SHA1", oauth_signature="bm90"'

  test.each<readonly [string, object, string, readonly number[]]>([
    ['Hawk covers the query', inQuery, hawk, [402, 0]],
    ['Hawk without a hash covers no body', inJson, hawk, [402, 201]],
    ['Hawk with a hash covers the body', inJson, `${hawk}, hash="bm90"`, [402, 0]],
    ['OAuth 1 covers the query', inQuery, oauth, [402, 0]],
    ['OAuth 1 covers a form', inForm, oauth, [402, 0]],
    ['OAuth 1 covers no JSON', inJson, oauth, [402, 201]],
    ['OAuth 1 with a hash covers JSON', inJson, `${oauth}, oauth_body_hash="bm90"`, [402, 0]],
    ['OAuth 1 in plain text covers nothing', inForm, 'OAuth oauth_signature_method="PLAINTEXT"', [402, 201]],
    ['SharedKey covers the query', inQuery, 'SharedKey shop:bm90', [402, 0]],
    ['SharedKey covers no body', inJson, 'SharedKey shop:bm90', [402, 201]],
    ['SharedKey covers no header of another name', inHeader, 'SharedKey shop:bm90', [402, 201]],
    [
      'a scheme HMAC that lists headers covers these',
      inJson,
      'hmac username="u", headers="date"',
      [402, 201],
    ],
    ['a bearer token covers nothing', inJson, 'Bearer hmac', [402, 201]],
  ])('%s', async (_, place, authorization, expected) => {
    expect((await statuses(place, { authorization })).all).toEqual(expected)
  })

  test('SharedKey covers headers that begin with x-ms-', async () => {
    const place = { header: 'x-ms-operation-id' }
    const signed = { 'x-ms-operation-id': 'order-42', authorization: 'SharedKey shop:bm90' }
    expect((await statuses(place, signed)).all).toEqual([402, 0])
  })

  test.each<readonly [string, object, string, readonly number[]]>([
    ['AWS names the key', inHeader, 'X-Amz-SignedHeaders=host%3BIdempotency-Key&X-Amz-Signature=0', [402, 0]],
    ['Google names the key', inHeader, 'X-Goog-SignedHeaders=host;idempotency-key', [402, 0]],
    ['AWS names other headers', inHeader, 'X-Amz-SignedHeaders=host&X-Amz-Signature=0', [402, 201]],
    ['AWS covers the query', inQuery, 'X-Amz-SignedHeaders=host&X-Amz-Signature=0', [402, 0]],
    ['a parameter `signature` covers the query', inQuery, 'timestamp=1&signature=bm90', [402, 0]],
    ['a parameter `signature` covers the form', inForm, 'timestamp=1&signature=bm90', [402, 0]],
    ['a parameter `signature` covers no header', inHeader, 'timestamp=1&signature=bm90', [402, 201]],
    ['a parameter of a similar name signs nothing', inQuery, 'signature_type=2&design=1', [402, 201]],
  ])('of a URL that is signed: %s', async (_, place, query, expected) => {
    expect((await statuses(place, {}, {}, `${URL}?token=order%2D42&${query}`)).all).toEqual(expected)
  })

  test('a key that is signed and written in another way than the profile writes keys is refused', async () => {
    const signed = { ...rfc('"idempotency-key"'), 'idempotency-key': '"order-42"' }
    expect((await statuses(inHeader, signed)).all).toEqual([0, 0])
    expect((await statuses({ ...inHeader, format: 'quoted' }, signed)).all).toEqual([402, 0])
  })

  test('an id that is not the key that is signed is refused', async () => {
    const { all, first } = await statuses(inHeader, rfc('"idempotency-key"'), { id: () => 'order-7' })
    expect([all, first]).toEqual([[0, 0], undefined])
  })

  test('a form of a Request whose bytes have a digest goes out as these bytes', async () => {
    const { once, server, clock } = world()
    server.always(created)
    const text = '--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'
    const headers = {
      'Content-Type': 'multipart/form-data; boundary=b',
      'Idempotency-Key': 'order-42',
      Digest: 'SHA-256=bm90',
    }
    await clock.until(once(new Request(URL, { method: 'POST', headers, body: text })))
    expect(server.requests[0]?.body).toBe(text)
    expect(server.requests[0]?.headers['content-type']).toBe('multipart/form-data; boundary=b')
  })
})

describe('what a rule takes for a result although its status is that of a refusal', () => {
  test.each([409, 303])('is no Response of %i, which the SDK would tell as refused', async status => {
    const profile = defineProfile({
      name: 'interchecks',
      honoursKeys: true,
      rules: [{ status, means: 'succeeded', source: 'this test' }],
    })
    const setup = world({ profile })
    setup.server.script(reset, answer(status, { id: 'ch_1' }))
    for (const once of [setup.once, fetchOf(setup.another())]) {
      const { error } = await setup.clock.until(ending(once(...charge('order-42'))))
      expect(error).toMatchObject({ code: 'already-executed', outcome: 'executed' })
      expect(error?.message).toContain('a status that an SDK takes for a refusal')
    }
    const kept = await setup.clock.until(fetchOf(setup.another()).byId('order-42').inspect())
    expect(kept).toMatchObject({ outcome: 'executed', data: { id: 'ch_1' } })
    expect(setup.server.requests).toHaveLength(2)
  })
})

describe('what the server refused', () => {
  test('is the SDK’s own error, and says that nothing is to be tried again', async () => {
    const { once, server, clock } = world()
    server.script(declined)
    expect(await seen(await clock.until(once(...charge('order-42'))))).toEqual(DECLINED)
    expect(server.requests).toHaveLength(1)
  })

  test('can be tried again by another call, under a key that follows from the first', async () => {
    const { once, server, clock } = world()
    server.script(declined, declined, created)
    const statuses = []
    for (let call = 1; call <= 3; call++)
      statuses.push((await clock.until(once(...charge('order-42')))).status)
    expect(statuses).toEqual([402, 402, 201])
    expect(server.requests.map(({ key }) => key)).toEqual([
      'order-42',
      '1780982b-6966-5051-a4c0-96a738bc7820',
      'a6e1c883-ad6c-5902-a4ff-0f7b2228b9cb',
    ])
  })

  test('has no key that another id may be', async () => {
    const { once, server, clock } = world()
    server.script(declined, created, created)
    await clock.until(once(...charge('order-7')))
    await clock.until(once(...charge('order-7')))
    await clock.until(once(...charge('order-7.2')))
    expect(server.requests.map(({ key }) => key)).toEqual([
      'order-7',
      '8d04bbd5-97ff-51d5-8a6c-6405f1ab7289',
      'order-7.2',
    ])
  })

  test('under a UUID is tried again under a UUID, the same in a process that has lost its store', async () => {
    const keys = []
    for (let process = 1; process <= 2; process++) {
      const { once, server, clock } = world()
      server.script(declined, created)
      const uuid = '0f9f1f6a-3f5c-4f7e-9d0e-1f2a3b4c5d6e'
      await clock.until(once(...charge(uuid)))
      await clock.until(once(...charge(uuid)))
      keys.push(server.requests.map(({ key }) => key))
    }
    expect(keys[0]).toEqual(['0f9f1f6a-3f5c-4f7e-9d0e-1f2a3b4c5d6e', 'be90034f-a1ee-57d3-b382-cfb8cac8cac2'])
    expect(keys[1]).toEqual(keys[0])
  })

  test('elsewhere, too long to be kept, is not given as the answer that came here before', async () => {
    const { once, server, clock, record, overwrite } = world({
      retry: { backoff: { base: 5_000, cap: 5_000 } },
    })
    server.script(answer(503, { error: 'down' }))
    const call = ending(once(...charge('order-42')))
    await clock.settle()
    const { lease: _, ...open } = { lease: undefined, updatedAt: 0, ...(await record()) }
    const failure = { code: 'rejected', reason: '400', status: 400, headers: {} }
    await overwrite(JSON.stringify({ ...open, state: 'failed', settledAt: open.updatedAt, failure }))
    const { error } = await clock.until(call)
    expect(error).toMatchObject({ outcome: 'not-executed', code: 'rejected' })
    expect(server.requests).toHaveLength(1)
  })

  test('without proof for the key, as a 401, goes on under the key', async () => {
    const { once, server, clock } = world()
    server.script(answer(401, { error: 'expired' }), created)
    expect((await clock.until(once(...charge('order-42')))).status).toBe(401)
    expect((await clock.until(once(...charge('order-42')))).status).toBe(201)
    expect(server.requests.map(({ key }) => key)).toEqual(['order-42', 'order-42'])
  })
})

describe('an outcome that is unknown', () => {
  test('rejects with an OperationError, found through what an SDK makes of it', async () => {
    const { once, server, clock } = world({ retry: { attempts: 2 } })
    server.always(answer(500, { error: 'down' }))
    const { error } = await clock.until(ending(once(...charge('order-42'))))
    expect(isOperationError(error)).toBe(true)
    expect(error).toMatchObject({
      outcome: 'unknown',
      code: 'unresolved',
      operationId: 'order-42',
      key: 'order-42',
    })
    const wrapped = Object.assign(new Error('connection'), { raw: { detail: error } })
    expect(operationErrorOf(wrapped)).toBe(error)
  })

  test('is found out by the next call, under the same key', async () => {
    const { once, server, clock } = world({ retry: { attempts: 2 } })
    server.script(reset, reset, created)
    await clock.until(ending(once(...charge('order-42'))))
    expect(await seen(await clock.until(once(...charge('order-42'))))).toEqual(CREATED)
    expect(server.requests.map(({ key }) => key)).toEqual(['order-42', 'order-42', 'order-42'])
  })

  test('the SDK’s own next calls make one attempt each: nothing multiplies', async () => {
    const { once, server, clock } = world({ retry: { attempts: 4 } })
    server.always(answer(500, { error: 'down' }))
    for (let call = 1; call <= 3; call++) {
      expect((await clock.until(ending(once(...charge('order-42'))))).error).toMatchObject({
        outcome: 'unknown',
      })
      await clock.advance(2_000)
    }
    expect(server.requests).toHaveLength(6)
    await clock.advance(10_001)
    await clock.until(ending(once(...charge('order-42'))))
    expect(server.requests).toHaveLength(10)
  })

  test('is sent again by the SDK’s next call where nobody says for how long a key is kept, within the first deadline', async () => {
    const profile = defineProfile({ name: 'acme', honoursKeys: true, retention: 'unknown' })
    const { once, server, clock } = world({ profile, retry: { attempts: 3 }, timeout: 20_000 })
    server.script(silence, silence, silence, created)
    await clock.until(ending(once(...charge('order-42'))))
    expect(await seen(await clock.until(once(...charge('order-42'))))).toEqual(CREATED)
    expect(server.requests).toHaveLength(4)
  })

  test('an error names what a fetch has: there is no `run`, and `settle` is behind `byId`', async () => {
    const { once, server, clock } = world({ retry: { attempts: 1 } })
    server.script(reset)
    const error = await clock.until(ending(once(...charge('order-42'))))
    expect(error.error?.message).toBe(
      '1 attempt is used up; the last: no answer: ECONNRESET. Whether the operation was executed is not known. Call the fetch or `byId(id).settle` again: the key is kept.',
    )
  })

  test.each([
    [
      'settle',
      'Nothing can be asked, and nothing may be sent. Whether the operation was executed is not known. Call the fetch with the request: the key is kept.',
    ],
    [
      'forget',
      'The operation is still open. Whether the operation was executed is not known. Call `byId(id).settle` to find out, or `byId(id).forget` with { force: true } to stop looking for its outcome.',
    ],
  ] as const)('and so does the error of `byId(id).%s`', async (method, message) => {
    const { once, server, clock } = world({ retry: { attempts: 1 } })
    server.script(reset)
    await clock.until(ending(once(...charge('order-42'))))
    const its = once.byId('order-42')
    const { error } =
      method === 'settle' ? await clock.until(its.settle()) : await clock.until(ending(its.forget()))
    expect(error?.message).toBe(message)
  })

  test('an error of a method of a fetch names the fetch', async () => {
    const { once, clock } = world()
    const { error } = await clock.until(ending(once.byId('order-42').cancel()))
    expect(error?.message).toBe(
      'fetch(charges).cancel: is needed to cancel: give the definition `cancel: { request, read }`',
    )
  })

  test('that another proved by something else than an answer rejects, and says so', async () => {
    const { once, server, clock } = world({ retry: { attempts: 1 } })
    server.script(reset)
    await clock.until(ending(once(...charge('order-42'))))
    await clock.until(once.byId('order-42').conclude({ outcome: 'executed', data: { id: 'ch_1' } }))
    const { error } = await clock.until(ending(once(...charge('order-42'))))
    expect(error).toMatchObject({
      code: 'already-executed',
      outcome: 'executed',
      operationId: 'order-42',
      key: 'order-42',
      message:
        'A status answer, a cancel or `conclude` says that it was executed, and the answer to its own request is not known: there is none to give. The operation was executed. Read the result from the server.',
    })
    expect(server.requests).toHaveLength(1)
  })

  test('that a status answer decided rejects too', async () => {
    const status = {
      request: () => ({ url: 'v1/charges/one' }),
      read: () => ({ outcome: 'executed' as const, data: { id: 'ch_1' } }),
    }
    const { once, server, clock } = world({ retry: { attempts: 1 } }, { status })
    server.script(reset, answer(200, {}))
    expect((await clock.until(ending(once(...charge('order-42'))))).error).toMatchObject({
      code: 'already-executed',
      outcome: 'executed',
    })
  })
})

describe('an SDK that no longer waits', () => {
  test('leaves the run going: its next call joins it', async () => {
    const { once, server, clock } = world()
    const first = held()
    server.script(first.reply)
    const controller = new AbortController()
    const left = ending(once(...charge('order-42', { signal: controller.signal })))
    await clock.settle()
    const reason = new DOMException('timed out', 'TimeoutError')
    controller.abort(reason)
    expect((await clock.until(left)).error).toBe(reason)
    const again = once(...charge('order-42'))
    await clock.settle()
    first.release(created)
    expect(await seen(await clock.until(again))).toEqual(CREATED)
    expect(server.requests).toHaveLength(1)
  })

  const never = () => new Promise<never>(() => {})
  const endless = () =>
    new Request(URL, {
      ...charge('order-42')[1],
      body: new ReadableStream({ pull: never }),
      duplex: 'half',
    } as RequestInit)

  test.each<readonly [string, Partial<FetchOptions>, () => Request]>([
    ['a Request whose stream does not end is read', {}, endless],
    ['an `id` reads it', { id: request => request.text() }, endless],
    ['an `id` does not come', { id: never }, () => new Request(...charge('order-42'))],
    ['an `account` does not come', { account: never }, () => new Request(...charge('order-42'))],
    ['a `fingerprint` does not come', { fingerprint: never }, () => new Request(...charge('order-42'))],
  ])('while %s is told at once, and nothing is sent', async (_, options, request) => {
    const { once, server, clock } = world({}, options)
    const gone = new AbortController()
    const call = ending(once(request(), { signal: gone.signal }))
    await new Promise(resolve => setImmediate(resolve))
    gone.abort(new Error('gone'))
    expect((await clock.until(call)).error).toMatchObject({ message: 'gone' })
    expect(server.requests).toEqual([])
  })

  /** A signal as in React Native and in polyfills: without `reason` and `throwIfAborted`. */
  function plainAbort() {
    const { signal, ...controller } = { signal: new EventTarget(), isAborted: false }
    const plain = {
      get aborted() {
        return controller.isAborted
      },
      addEventListener: signal.addEventListener.bind(signal),
      removeEventListener: signal.removeEventListener.bind(signal),
    }
    const abort = () => {
      controller.isAborted = true
      signal.dispatchEvent(new Event('abort'))
    }
    return { signal: plain as unknown as AbortSignal, abort }
  }

  test.each(['while the server is at work', 'before it began'])(
    'by a signal of React Native, %s, is told as an AbortError',
    async when => {
      const { once, server, clock } = world()
      const first = held()
      server.script(first.reply)
      const { signal, abort } = plainAbort()
      if (when === 'before it began') abort()
      const left = ending(once(...charge('order-42', { signal })))
      await clock.settle()
      abort()
      expect((await clock.until(left)).error).toMatchObject({
        name: 'AbortError',
        message: 'This operation was aborted',
      })
      expect(server.requests).toHaveLength(when === 'before it began' ? 0 : 1)
      const again = once(...charge('order-42'))
      await clock.settle()
      first.release(created)
      expect(await seen(await clock.until(again))).toEqual(CREATED)
      expect(server.requests).toHaveLength(1)
    },
  )

  test('by the signal of its Request, which null takes away, still waits', async () => {
    const { once, server, clock } = world()
    server.script(created)
    const request = new Request(...charge('order-42', { signal: AbortSignal.abort() }))
    expect(await seen(await clock.until(once(request, { signal: null })))).toEqual(CREATED)
  })

  test.each(['id', 'account', 'fingerprint'] as const)(
    'at all: an `%s` that does not come is refused at the deadline, and nothing is sent',
    async name => {
      const { once, server, clock, records } = world({}, { [name]: never })
      const { error } = await clock.until(ending(once(...charge('order-42'))))
      expect(error).toMatchObject({
        code: 'configuration',
        outcome: 'not-executed',
        message: `fetch(charges).${name}: did not end within \`deadline\` (120000 ms): nothing was sent`,
      })
      expect(clock.elapsed()).toBe(120_000)
      expect(server.requests).toEqual([])
      expect(await records()).toEqual([])
    },
  )

  test('before it began has sent nothing', async () => {
    const { once, server, clock } = world()
    const signal = AbortSignal.abort(new Error('given up'))
    expect((await clock.until(ending(once(...charge('order-42', { signal }))))).error).toMatchObject({
      message: 'given up',
    })
    expect(server.requests).toHaveLength(0)
  })
})

describe('what passes', () => {
  test.each(['GET', 'HEAD', 'OPTIONS', 'get'])('%s goes around the http layer', async method => {
    const { once, server, clock } = world({ headers: { 'x-layer': 'yes' } })
    server.script(answer(200, { list: [] }, { 'x-any': 'header' }))
    const response = await clock.until(once(URL, { method, headers: { Authorization: 'Bearer sk_1' } }))
    expect(response.headers.get('x-any')).toBe('header')
    expect(server.requests).toMatchObject([{ headers: { authorization: 'Bearer sk_1' } }])
    expect(server.requests[0]?.headers).not.toHaveProperty('x-layer')
  })

  test('GET with null in the place of options', async () => {
    const { once, server, clock } = world()
    server.script(answer(200, { list: [] }))
    expect((await clock.until(once(URL, null as never))).status).toBe(200)
  })

  test("a request without an id, where `unguarded: 'pass'` says so", async () => {
    const { once, server, clock, records } = world({}, { unguarded: 'pass' })
    server.script(() => new Response('{}', { status: 500 }))
    expect((await clock.until(once(...charge(undefined)))).status).toBe(500)
    expect(server.requests.map(({ key }) => key)).toEqual([undefined])
    expect(await records()).toEqual([])
  })

  test('the requests that `unguarded` names, and no others', async () => {
    const { once, server, clock } = world({}, { unguarded: request => request.url.endsWith('/search') })
    server.script(answer(200, {}))
    await clock.until(once(`${URL}/search`, charge(undefined)[1]))
    expect((await clock.until(ending(once(...charge(undefined))))).error).toMatchObject({
      code: 'configuration',
    })
    expect(server.requests.map(({ url }) => url)).toEqual([`${URL}/search`])
  })
})

test('a Request that was read is refused as `configuration`, and nothing is sent', async () => {
  const { once, server, clock } = world()
  const request = new Request(...charge('order-42'))
  await request.text()
  const { error } = await clock.until(ending(once(request)))
  expect(error).toMatchObject({
    code: 'configuration',
    message: expect.stringContaining('fetch(charges).body: was read before'),
  })
  expect(server.requests).toHaveLength(0)
})

describe('a Request whose body has no bounds', () => {
  const chunk = new Uint8Array(2 ** 26)
  /** As an SDK's stream of `count` chunks, 64 MiB each. */
  const request = (pull: (controller: ReadableStreamDefaultController) => unknown) =>
    new Request(URL, {
      ...charge('order-42')[1],
      body: new ReadableStream({ pull: async controller => void (await pull(controller)) }),
      duplex: 'half',
    } as RequestInit)

  test.each([
    ['as its body', {}],
    ['to an `id` that reads it', { id: (given: { text(): Promise<string> }) => given.text() }],
  ])('is refused after `timeout` %s, and nothing is sent', async (_, options) => {
    const { once, server, clock } = world({ timeout: 20_000 }, options)
    const ended = ending(once(request(() => new Promise(() => {}))))
    let isOver = false
    void ended.then(() => (isOver = true))
    await clock.advance(19_999)
    await clock.settle()
    expect(isOver).toBe(false)
    await clock.advance(1)
    expect((await clock.until(ended)).error).toMatchObject({
      code: 'configuration',
      outcome: 'not-executed',
      message: expect.stringContaining('fetch(charges).body: did not end within `timeout` (20000 ms)'),
    })
    expect(server.requests).toEqual([])
  })

  test('is refused beyond 1 GiB, and nothing is sent', async () => {
    const { once, server, clock } = world()
    let chunks = 0
    const { error } = await clock.until(
      ending(once(request(controller => ((chunks += 1), controller.enqueue(chunk))))),
    )
    expect(error).toMatchObject({
      code: 'configuration',
      outcome: 'not-executed',
      message: expect.stringContaining('fetch(charges).body: is longer than 1 GiB'),
    })
    expect(chunks).toBeLessThan(20)
    expect(server.requests).toEqual([])
  })

  test('that ends within both is sent whole, however slowly it comes', async () => {
    const { once, server, clock } = world({ timeout: 20_000 })
    server.script(created)
    const parts = ['{"amount":', '990}']
    const slow = request(async controller => {
      await new Promise<void>(resolve => clock.after(6_000, resolve))
      const part = parts.shift()
      if (part === undefined) controller.close()
      else controller.enqueue(new TextEncoder().encode(part))
    })
    expect(await seen(await clock.until(once(slow)))).toEqual(CREATED)
    expect(server.requests.map(({ body }) => body)).toEqual(['{"amount":990}'])
  })

  test.each([
    ['a text', '{}'],
    ['a list', [1]],
  ])('whose stream gives %s is refused, and nothing is sent', async (_, part) => {
    const { once, server, clock } = world()
    const given = request(controller => (controller.enqueue(part), controller.close()))
    const { error } = await clock.until(ending(once(given)))
    expect(error).toBeInstanceOf(TypeError)
    expect(server.requests).toEqual([])
  })

  test('whose stream fails rejects with its failure, and nothing is sent', async () => {
    const { once, server, clock } = world()
    const failure = new Error('the disk')
    const { error } = await clock.until(ending(once(request(() => Promise.reject(failure)))))
    expect(error).toBe(failure)
    expect(server.requests).toEqual([])
  })
})

test.each([' \n', '\u200B', '\u2060\u00AD'])('the blank id %j is refused, and nothing is sent', async id => {
  const { once, server, clock } = world({}, { id: () => id })
  const { error } = await clock.until(ending(once(...charge('order-42'))))
  expect(error).toMatchObject({
    code: 'configuration',
    message: expect.stringContaining('fetch(charges).id: must give a text that is not empty'),
  })
  expect(server.requests).toHaveLength(0)
})

describe('is refused as `configuration`, and nothing is sent', () => {
  const stream = () => new Blob(['x']).stream()
  const asStream = { body: stream(), duplex: 'half' } as RequestInit

  test.each<readonly [string, Partial<FetchOptions>, [string, RequestInit?], string]>([
    [
      'a request without an id',
      {},
      charge(undefined),
      "fetch(charges).id: gave nothing for this request, so that nothing names what is to happen once. Nothing was sent; `unguarded: 'pass'` sends such requests without any guarantee",
    ],
    ...[
      'stripe-node-retry-0f9f1f6a-3f5c-4f7e-9d0e-1f2a3b4c5d6e',
      'stainless-node-retry-0f9f1f6a-3f5c-4f7e-9d0e-1f2a3b4c5d6e',
      'auto_0f9f1f6a-3f5c-4f7e-9d0e-1f2a3b4c5d6e',
    ]
      .map(
        key =>
          [
            `a key that an SDK made up, ${key}`,
            {},
            charge(key),
            'fetch(charges).id: gave a key that the SDK made up for this one call',
          ] as const,
      )
      .map(
        ([name, options, given, message]): readonly [
          string,
          Partial<FetchOptions>,
          [string, RequestInit?],
          string,
        ] => [name, options, given, message],
      ),
    [
      'an id that an SDK made of nothing',
      {},
      charge('undefined'),
      'fetch(charges).id: gave nothing for this request',
    ],
    ['an id that was no number', {}, charge('NaN'), 'fetch(charges).id: gave nothing for this request'],
    [
      'an id that is no text',
      { id: () => 7 as never },
      charge('order-42'),
      'fetch(charges).id: must give a text that is not empty, or undefined where there is none',
    ],
    [
      'an empty id',
      { id: () => '' },
      charge('order-42'),
      'fetch(charges).id: must give a text that is not empty, or undefined where there is none',
    ],
    [
      'an id that throws',
      { id: () => Promise.reject(new Error('no')) },
      charge('order-42'),
      'fetch(charges).id: threw',
    ],
    [
      'another origin',
      {},
      ['https://files.shop.test/api/v1/files', charge('order-42')[1]],
      'fetch(charges).url: leads to another origin than `baseUrl`, so nothing was sent',
    ],
    [
      'another origin, also by GET',
      {},
      ['https://files.shop.test/'],
      'fetch(charges).url: leads to another origin than `baseUrl`, so nothing was sent',
    ],
    [
      'a stream as the body',
      {},
      charge('order-42', asStream),
      'fetch(charges).body: is a stream, which can be sent only once: nothing was sent',
    ],
    [
      'a stream where JSON is wanted',
      { id: async request => String(await request.json()) },
      charge('order-42', asStream),
      'fetch(charges).body: is a stream, which can be sent only once: nothing was sent',
    ],
    [
      'no JSON where JSON is wanted',
      { id: async request => String(await request.json()) },
      charge('order-42', { body: 'a=1' }),
      'fetch(charges).id: threw',
    ],
    [
      'a header that is none',
      {},
      charge('order-42', { headers: { 'a b': 'secret-value' } }),
      'fetch(charges).headers: has what is no header name or no header value',
    ],
    ['what is no URL', {}, ['http://', charge('order-42')[1]], 'fetch(charges).url: is not a URL'],
    [
      'a key of the wrong shape',
      {},
      charge('order 42'),
      'fetch(charges).key: must be printable ASCII without spaces, quotes and backslashes',
    ],
    [
      'an account that is no text',
      { account: () => 7 as never },
      charge('order-42'),
      'fetch(charges).account: must give a text, the name of an account',
    ],
    [
      'a signal that is none',
      {},
      charge('order-42', { signal: { aborted: false } as AbortSignal }),
      'fetch(charges).signal: must be an AbortSignal',
    ],
  ])('%s', async (_what, options, given, message) => {
    const { once, server, clock, records } = world({}, options)
    const { error } = await clock.until(ending(once(...given)))
    expect(error).toMatchObject({ code: 'configuration' })
    expect(error?.message).toContain(message)
    expect(error?.message).not.toContain('secret-value')
    expect(server.requests).toHaveLength(0)
    expect(await records()).toEqual([])
  })

  test('a fetch of a client without a base URL', async () => {
    const { client, server, clock } = bench({
      around: transport => ({
        ...transport,
        resolveUrl: url => new globalThis.URL(url),
      }),
    })
    const { error } = await clock.until(ending(client.fetch(OPTIONS)(...charge('order-42'))))
    expect(error?.message).toBe(
      'fetch(charges): needs the `baseUrl` of the http layer: it sends to that origin only',
    )
    expect(server.requests).toHaveLength(0)
  })
})

describe('one id, one payload', () => {
  test('another payload under an id that was executed is refused', async () => {
    const { once, server, clock } = world()
    server.script(created)
    await clock.until(once(...charge('order-42')))
    const { error } = await clock.until(ending(once(...charge('order-42', { body: '{"amount":1}' }))))
    expect(error).toMatchObject({ code: 'payload-mismatch', outcome: 'executed' })
    expect(server.requests).toHaveLength(1)
  })

  test('another payload while it is under way is refused, and the run goes on', async () => {
    const { once, server, clock } = world()
    const first = held()
    server.script(first.reply)
    const one = once(...charge('order-42'))
    await clock.settle()
    const other = ending(once(...charge('order-42', { body: '{"amount":1}' })))
    expect((await clock.until(other)).error).toMatchObject({ code: 'payload-mismatch', outcome: 'unknown' })
    first.release(created)
    expect((await clock.until(one)).status).toBe(201)
    expect(server.requests).toHaveLength(1)
  })

  test('`fingerprint` says what counts, also in a promise', async () => {
    const fingerprint = async (request: { json(): Promise<unknown> }) =>
      ((await request.json()) as { amount: number }).amount
    const { once, server, clock } = world({}, { fingerprint })
    server.script(created)
    await clock.until(once(...charge('order-42', { body: '{"amount":990,"at":1}' })))
    expect((await clock.until(once(...charge('order-42', { body: '{"amount":990,"at":2}' })))).status).toBe(
      201,
    )
    const { error } = await clock.until(ending(once(...charge('order-42', { body: '{"amount":1,"at":1}' }))))
    expect(error).toMatchObject({ code: 'payload-mismatch' })
    expect(server.requests).toHaveLength(1)
  })

  test('headers do not count', async () => {
    const { once, server, clock } = world()
    server.script(created)
    await clock.until(once(...charge('order-42')))
    const headers = { ...(charge('order-42')[1].headers as object), 'x-stainless-retry-count': '1' }
    expect((await clock.until(once(...charge('order-42', { headers })))).status).toBe(201)
    expect(server.requests).toHaveLength(1)
  })
})

describe('a second credential', () => {
  const as = (token: string, key: string) =>
    charge(key, { headers: { 'Idempotency-Key': key, Authorization: token } })

  test('that nothing names is refused, and the first one goes on', async () => {
    const { once, server, clock } = world()
    server.always(created)
    await clock.until(once(...as('Bearer one', 'order-1')))
    const { error } = await clock.until(ending(once(...as('Bearer two', 'order-2'))))
    expect(error).toMatchObject({ code: 'configuration', outcome: 'not-executed' })
    expect(error?.message).toBe(
      'fetch(charges).account: is needed: a second value of authorization came. Give the name of the account that a request is for; a constant text, where the credential is only renewed',
    )
    await clock.until(once(...as('Bearer one', 'order-3')))
    expect(server.requests.map(({ key }) => key)).toEqual(['order-1', 'order-3'])
  })

  test.each([
    ['x-goog-api-key', 'one', 'two', 'a second value of x-goog-api-key came'],
    ['Ocp-Apim-Subscription-Key', 'one', 'two', 'a second value of ocp-apim-subscription-key came'],
    ['PLAID-SECRET', 'one', 'two', 'a second value of plaid-secret came'],
    ['Private-Token', 'one', 'two', 'a second value of private-token came'],
    ['Stripe-Account', 'acct_1', 'acct_2', 'a second value of stripe-account came'],
    ['Stripe-Account', '', 'acct_2', 'stripe-account came with some requests only'],
    ['Stripe-Account', 'acct_1', '', 'stripe-account came with some requests only'],
    ['Xero-Tenant-Id', 'one', 'two', 'a second value of xero-tenant-id came'],
    ['OpenAI-Organization', 'one', 'two', 'a second value of openai-organization came'],
    ['X-API-Token', 'one', 'two', 'a second value of x-api-token came'],
    ['X-Postmark-Server-Token', 'one', 'two', 'a second value of x-postmark-server-token came'],
    ['X-Parse-Session-Token', 'one', 'two', 'a second value of x-parse-session-token came'],
    ['X-Vault-Token', 'one', 'two', 'a second value of x-vault-token came'],
    ['Token', 'one', 'two', 'a second value of token came'],
    ['X-RapidAPI-Key', 'one', 'two', 'a second value of x-rapidapi-key came'],
    ['X-Master-Key', 'one', 'two', 'a second value of x-master-key came'],
    ['X-Authorization', 'one', 'two', 'a second value of x-authorization came'],
    ['X-Team-Id', 'one', 'two', 'a second value of x-team-id came'],
    ['X-Company-Id', 'one', '', 'x-company-id came with some requests only'],
  ])(
    'in %s, %s and then %s, is refused too: the same id is another order there',
    async (name, one, two, why) => {
      const { once, server, clock } = world()
      server.always(created)
      const order = (value: string) =>
        charge('order-1', {
          headers: { 'Idempotency-Key': 'order-1', ...(value !== '' && { [name]: value }) },
        })
      await clock.until(once(...order(one)))
      const { error } = await clock.until(ending(once(...order(two))))
      expect(error).toMatchObject({ code: 'configuration', outcome: 'not-executed' })
      expect(error?.message).toContain(`fetch(charges).account: is needed: ${why}.`)
      expect(server.requests).toHaveLength(1)
    },
  )

  test.each([
    'x-request-id',
    'x-client-request-id',
    'routing-key',
    'partition-key',
    'x-csrf-token',
    'x-client-token',
    'x-continuation-token',
    'x-user-id',
    'proxy-authorization',
    'user-agent',
  ])('is none that goes in %s', async name => {
    const { once, server, clock } = world()
    server.always(created)
    const order = (key: string, value: string) =>
      charge(key, { headers: { 'Idempotency-Key': key, [name]: value } })
    await clock.until(once(...order('order-1', 'one')))
    expect((await clock.until(once(...order('order-2', 'two')))).status).toBe(201)
  })

  test('of another user is none', async () => {
    let user = 'user-7'
    const { once, server, clock } = world({ scope: () => user })
    server.always(created)
    await clock.until(once(...as('Bearer one', 'order-1')))
    user = 'user-8'
    expect((await clock.until(once(...as('Bearer two', 'order-1')))).status).toBe(201)
    expect(server.requests).toHaveLength(2)
  })

  test('is told by `account`, which is stored in the place of the credential', async () => {
    const account: FetchOptions['account'] = request =>
      request.headers.get('authorization') === 'Bearer one' ? 'acct_1' : 'acct_2'
    const { once, server, clock, records } = world({}, { account })
    server.always(created)
    await clock.until(once(...as('Bearer one', 'order-1')))
    await clock.until(once(...as('Bearer two', 'order-2')))
    const stored = JSON.stringify((await records()).map(({ id, target }) => [id, target]))
    expect(stored).toMatch(/"order-1",\{[^}]*"account":"acct_1"/)
    expect(stored).toMatch(/"order-2",\{[^}]*"account":"acct_2"/)
    expect(JSON.stringify(await records())).not.toContain('Bearer')
  })

  test('never gets the answer of another account, nor sends under its key', async () => {
    const account: FetchOptions['account'] = request => request.headers.get('authorization') ?? ''
    const { once, server, clock } = world({ retry: { attempts: 1 } }, { account })
    server.script(created, reset)
    await clock.until(once(...as('one', 'order-1')))
    expect((await clock.until(ending(once(...as('two', 'order-1'))))).error).toMatchObject({
      code: 'payload-mismatch',
    })
    await clock.until(ending(once(...as('one', 'order-2'))))
    expect((await clock.until(ending(once(...as('two', 'order-2'))))).error).toMatchObject({
      outcome: 'unknown',
    })
    expect(server.requests).toHaveLength(2)
  })
})

describe('a process that dies', () => {
  test('between request and answer: the next one sends under the same key, and gets the answer', async () => {
    const all: Bench = bench({ profile: stripe })
    all.server.script(silence)
    void fetchOf(all)(...charge('order-42')).catch(() => {})
    await all.clock.settle()
    all.runner.freeze()
    all.server.script(answer(201, { id: 'ch_1' }, { 'idempotent-replayed': 'true', 'request-id': 'req_1' }))
    const next = all.another({ profile: stripe })
    next.runner.dead.add(1)
    expect(await seen(await all.clock.until(fetchOf(next)(...charge('order-42'))))).toEqual(CREATED)
    expect(all.server.requests.map(({ key }) => key)).toEqual(['order-42', 'order-42'])
  })
})

describe('the options', () => {
  test.each<readonly [string, object, string]>([
    ['response', { response: {} }, 'fetch(charges).response: there is no such option'],
    ['request', { request: () => ({}) }, 'fetch(charges).request: there is no such option'],
    ['acount', { acount: () => 'a' }, 'fetch(charges).acount: there is no such option'],
    ['account', { account: 'acct_1' }, 'fetch(charges).account: must be a function'],
    ['unguarded', { unguarded: true }, "fetch(charges).unguarded: must be 'refuse', 'pass' or a function"],
    ['id', { id: 'order-42' }, 'fetch(charges).id: must be a function'],
    ['name', { name: '' }, 'fetch.name: must be a non-empty string'],
  ])('%s, where it is wrong, is named', (_name, options, message) => {
    const given: FetchOptions = { ...OPTIONS, ...options }
    expect(() => bench().client.fetch(given)).toThrow(message)
  })

  test('a profile whose key `request` writes is refused at the call, and nothing is sent', async () => {
    const profile = defineProfile({ name: 'acme', honoursKeys: true, key: { in: 'request' } })
    const { once, server, clock } = world({ profile })
    for (const _ of ['the first call', 'the next']) {
      expect((await clock.until(ending(once(...charge('order-42'))))).error).toMatchObject({
        code: 'configuration',
        message:
          'fetch(charges).profile: leaves it to `request` to write the key, and a fetch gets its requests from the SDK: name the place by `key.in`. Nothing was sent',
      })
    }
    expect(server.requests).toEqual([])
  })

  test('names are of operations and fetches alike: one definition each', () => {
    const { client } = bench()
    client.fetch(OPTIONS)
    expect(() => client.fetch({ ...OPTIONS })).toThrow('fetch(charges).name: is defined already')
    expect(() => client.withScope('user-8').fetch(OPTIONS)).not.toThrow()
    expect(() => client.fetch({ ...OPTIONS, redefine: true })).not.toThrow()
  })

  test('`persist` asks for a list of the SDK’s headers: a credential is none of what is stored', async () => {
    const { once, server, clock } = world({}, { persist: 'request', dropHeaders: ['authorization'] })
    server.script(created)
    expect((await clock.until(once(...charge('order-42')))).status).toBe(201)
    const headers = { 'Idempotency-Key': 'order-43', 'Stripe-Version': '2026-11-01' }
    expect((await clock.until(ending(once(...charge('order-43', { headers }))))).error?.message).toContain(
      'fetch(charges).request.headers.stripe-version: would be left out of the stored request',
    )
  })

  test('without honoured keys nothing is sent again', async () => {
    const { client, server, clock } = bench({ profile: noKeys })
    const once = client.fetch({ name: 'charges', id: () => 'order-42' })
    server.always(reset)
    expect((await clock.until(ending(once(...charge(undefined))))).error).toMatchObject({
      outcome: 'unknown',
    })
    expect(server.requests).toHaveLength(1)
  })
})

test('what never left is told as not executed, by an error', async () => {
  const { once, server, clock } = world({ retry: { attempts: 2 } })
  server.always(refusedConnection)
  expect((await clock.until(ending(once(...charge('order-42'))))).error).toMatchObject({
    outcome: 'not-executed',
    code: 'unresolved',
  })
})

describe('an answer that is no JSON', () => {
  const said = (type: string, text: string) => () =>
    new Response(text, { status: 200, headers: { 'content-type': type, 'transfer-encoding': 'chunked' } })

  test.each([
    ['XML, as of EC2', 'text/xml', '<R><id>9007199254740993</id></R>'],
    ['an event stream, as of OpenAI', 'text/event-stream', 'data: {"a":1}\n\ndata: [DONE]\n\n'],
    ['JSON in lines', 'application/x-ndjson', '{"a":1}\n{"a":2}\n'],
  ])('%s, is given as it was, and again in another process', async (_name, type, text) => {
    const setup = world()
    setup.server.always(said(type, text))
    const given = { status: 200, headers: { 'content-type': type }, text, url: URL }
    expect(await seen(await setup.clock.until(setup.once(...charge('order-42'))))).toEqual(given)
    const next = fetchOf(setup.another())
    expect(await seen(await setup.clock.until(next(...charge('order-42'))))).toEqual(given)
    expect(setup.server.requests).toHaveLength(1)
  })

  test.each([
    ['a text, which may be a proxy’s own', 'text/plain', 'upstream connect error'],
    ['XML that breaks off', 'text/xml', '<R><id>1</id>'],
  ])('%s, is read again, and then there is none to give', async (_name, type, text) => {
    const { once, server, clock } = world()
    server.always(said(type, text))
    const { error } = await clock.until(ending(once(...charge('order-42'))))
    expect(operationErrorOf(error)).toMatchObject({ outcome: 'executed', code: 'response-invalid' })
    expect(server.requests.length).toBeGreaterThan(1)
  })

  test('where a rule judges JSON, XML is not what the rule could read', async () => {
    const { once, server, clock } = world({ profile: graphqlWithKeys })
    server.always(said('text/xml', '<R><id>1</id></R>'))
    const { error } = await clock.until(ending(once(...charge('order-42'))))
    expect(operationErrorOf(error)).toMatchObject({ outcome: 'unknown' })
  })
})

describe('an answer of bytes', () => {
  const bytes = (headers: Readonly<Record<string, string>>) => () =>
    new Response(new Uint8Array([0xff, 0xfb, 0x90, 0x64, 0, 0, 1, 2]), { status: 200, headers })

  // What is kept is a text: given as one, the bytes would be others.
  test.each([
    ['of known length, at once', { 'content-type': 'audio/mpeg', 'content-length': '8' }, 1],
    ['of no type that is known', { 'content-type': 'application/octet-stream', 'content-length': '8' }, 1],
    ['that ends with its connection, read twice', { 'content-type': 'audio/mpeg' }, 2],
  ])('%s ends as executed, without a result', async (_, headers, requests) => {
    const { once, server, clock } = world()
    server.always(bytes(headers))
    const [url, init] = charge('order-42')
    const accepting = new Headers(init.headers)
    accepting.set('accept', headers['content-type'])
    const { error } = await clock.until(ending(once(url, { ...init, headers: accepting })))
    expect(operationErrorOf(error)).toMatchObject({ outcome: 'executed', code: 'response-invalid' })
    expect(server.requests).toHaveLength(requests)
  })
})

describe('a form with a file', () => {
  const form = () => {
    const all = new FormData()
    all.append('key', 'order-42')
    all.append('file', new File(['a,b'], 'orders.csv', { type: 'text/csv' }))
    return all
  }
  const headers = { Authorization: 'Bearer sk_1', 'Idempotency-Key': 'order-42' }

  test.each<[string, () => Parameters<typeof fetch>]>([
    ['FormData', () => [URL, { method: 'POST', headers, body: form() }]],
    // As openapi-fetch and others give it: with a boundary of its own.
    ['a Request', () => [new Request(URL, { method: 'POST', headers, body: form() })]],
  ])('as %s is the same operation at each call, and its bytes are the same', async (_, call) => {
    const { once, server, clock } = world({ retry: { attempts: 2 } })
    server.script(reset, reset)
    server.always(created)
    await clock.until(ending(once(...call())))
    expect(await seen(await clock.until(once(...call())))).toEqual(CREATED)
    const [first, ...others] = server.requests
    expect(first?.body).toContain('orders.csv')
    expect(others.map(({ body, key }) => ({ body, key }))).toEqual(
      others.map(() => ({ body: first?.body, key: 'order-42' })),
    )
    expect(others.length).toBeGreaterThan(0)
  })

  test('whose key is one of its fields has the key that the caller gave', async () => {
    const profile = defineProfile({
      name: 'forms',
      honoursKeys: true,
      retention: 86_400_000,
      key: { in: 'form', field: 'key' },
      rules: [],
    })
    const { once, server, clock } = world({ profile }, { id: () => 'order-42' })
    server.always(created)
    await clock.until(once(URL, { method: 'POST', body: form() }))
    expect(server.requests[0]?.body).toContain('name="key"\r\n\r\norder-42')
  })
})
