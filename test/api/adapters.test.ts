import { buffer } from 'node:stream/consumers'
import { Readable } from 'node:stream'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { adyenHttpClient } from '../../src/adapters/adyen-http-client.ts'
import { awsRequestHandler } from '../../src/adapters/aws-request-handler.ts'
import { axiosAdapter } from '../../src/adapters/axios-adapter.ts'
import type { AxiosConfig } from '../../src/adapters/axios-adapter.ts'
import { azureHttpClient } from '../../src/adapters/azure-http-client.ts'
import type { AzureHeaders } from '../../src/adapters/azure-headers.ts'
import { chargebeeHttpClient } from '../../src/adapters/chargebee-http-client.ts'
import { twilioHttpClient } from '../../src/adapters/twilio-http-client.ts'
import { OperationError } from '../../src/public/errors.ts'
import { operationErrorOf } from '../../src/public/operation-error-of.ts'
import type { Fetch } from '../../src/public/transport.ts'

/* The adapters of `stillonce/adapters`: what an SDK asks becomes a request, and the answer what the SDK expects. */

/** A fetch that keeps what it was given. */
function recorded(status = 201, text = '{"id":"ch_1"}') {
  const requests: object[] = []
  const fetch: Fetch = async (input, init) => {
    const request = input instanceof Request ? input : new Request(input, init)
    requests.push({
      method: request.method,
      url: request.url,
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
    })
    return new Response(text, { status, headers: { 'content-type': 'application/json', 'request-id': 'r1' } })
  }
  return { fetch, requests }
}

const failing: Fetch = () => Promise.reject(new Error('unknown'))
const json = { 'content-type': 'application/json' }
const answered = { 'content-type': 'application/json', 'request-id': 'r1' }

describe('axios', () => {
  const config: AxiosConfig = {
    baseURL: 'https://shop.test/api/',
    url: '/charges',
    method: 'post',
    headers: { ...json, 'idempotency-key': 'order-42', 'x-none': undefined, 'x-off': false },
    data: '{"amount":1}',
    validateStatus: status => status < 300,
  }

  test('waits no longer than its timeout, and than its signal', async () => {
    const signals: (AbortSignal | null | undefined)[] = []
    const fetch: Fetch = async (_input, init) => {
      signals.push(init?.signal)
      return new Response('{}')
    }
    const { signal } = new AbortController()
    await axiosAdapter(fetch)(config)
    await axiosAdapter(fetch)({ ...config, timeout: 0, signal })
    await axiosAdapter(fetch)({ ...config, timeout: 60_000 })
    const aborted = AbortSignal.abort()
    await axiosAdapter(fetch)({ ...config, timeout: 60_000, signal: aborted })
    expect(signals.map(each => each?.aborted)).toEqual([undefined, false, false, true])
  })

  /** A fetch that ends only by its signal. */
  const waiting: Fetch = (_input, init) =>
    new Promise((_resolve, reject) => {
      init?.signal?.addEventListener('abort', () => reject(init.signal?.reason as Error))
    })

  test.each<readonly [string, object, object]>([
    ['', {}, { code: 'ECONNABORTED', message: 'timeout of 1ms exceeded' }],
    [
      ', in clear words',
      { transitional: { clarifyTimeoutError: true }, timeoutErrorMessage: 'too slow' },
      { code: 'ETIMEDOUT', message: 'too slow' },
    ],
  ])('gets the error of axios’ own adapters where its timeout is over%s', async (_, options, told) => {
    const call = { ...config, timeout: 1, ...options }
    await expect(axiosAdapter(waiting)(call)).rejects.toMatchObject({
      ...told,
      name: 'AxiosError',
      isAxiosError: true,
      config: call,
    })
  })

  test('waits no longer than its cancel token', async () => {
    let cancel: (reason: Error) => void = () => {}
    const cancelToken = { promise: new Promise<Error>(resolve => (cancel = resolve)) }
    const call = axiosAdapter(waiting)({ ...config, timeout: 60_000, cancelToken })
    cancel(new Error('no longer wanted'))
    await expect(call).rejects.toThrow('no longer wanted')
  })

  test('listens to a cancel token once, however many calls it serves', async () => {
    const { fetch } = recorded()
    const promise = new Promise<Error>(() => {})
    const listened = vi.spyOn(promise, 'then')
    const cancelToken = { promise }
    for (let call = 0; call < 3; call++) await axiosAdapter(fetch)({ ...config, cancelToken })
    expect(listened).toHaveBeenCalledTimes(1)
  })

  test('gets the answer as its adapters give it', async () => {
    const { fetch, requests } = recorded()
    expect(await axiosAdapter(fetch)(config)).toEqual({
      data: '{"id":"ch_1"}',
      status: 201,
      statusText: '',
      headers: answered,
      config,
      request: undefined,
    })
    expect(requests).toEqual([
      {
        method: 'POST',
        url: 'https://shop.test/api/charges',
        headers: { ...json, 'idempotency-key': 'order-42' },
        body: '{"amount":1}',
      },
    ])
  })

  test('gets bytes in the form that it asks for', async () => {
    const bytes = async (responseType: string) => {
      const { data } = await axiosAdapter(recorded(200, 'abc').fetch)({ ...config, responseType })
      return data
    }
    expect(await bytes('arraybuffer')).toEqual(new Uint8Array([97, 98, 99]).buffer)
    expect(await bytes('blob')).toBeInstanceOf(Blob)
    expect(await bytes('stream')).toBeInstanceOf(ReadableStream)
    expect(await bytes('json')).toBe('abc')
  })

  test('sends its `auth` in place of an Authorization', async () => {
    const { fetch, requests } = recorded()
    const headers = { ...json, authorization: 'Bearer old' }
    await axiosAdapter(fetch)({ ...config, headers, auth: { username: 'sk_1', password: 'ключ' } })
    await axiosAdapter(fetch)({ ...config, headers, auth: { username: 'sk_1' } })
    expect(requests).toMatchObject([
      { headers: { ...json, authorization: 'Basic c2tfMTrQutC70Y7Rhw==' } },
      { headers: { ...json, authorization: 'Basic c2tfMTo=' } },
    ])
  })

  test('gets an error that it knows for a status that it refuses', async () => {
    const { fetch } = recorded(402)
    await expect(axiosAdapter(fetch)(config)).rejects.toMatchObject({
      isAxiosError: true,
      code: 'ERR_BAD_REQUEST',
      status: 402,
      response: { status: 402, data: '{"id":"ch_1"}' },
    })
    await expect(axiosAdapter(fetch)({ ...config, validateStatus: null })).resolves.toMatchObject({
      status: 402,
    })
  })

  test('gets what the fetch rejects with', async () => {
    await expect(axiosAdapter(failing)(config)).rejects.toThrow('unknown')
  })

  test.each<readonly [unknown, string]>([
    [{ a: 1, b: [1, 2], c: undefined }, '?a=1&b%5B%5D=1&b%5B%5D=2'],
    [{ a: { b: 'c d' }, at: new Date(0) }, '?a%5Bb%5D=c+d&at=1970-01-01T00%3A00%3A00.000Z'],
    [new URLSearchParams({ a: '1' }), '?a=1'],
    [null, ''],
  ])('parameters %j are in the query as axios writes them', async (params, query) => {
    const { fetch, requests } = recorded()
    await axiosAdapter(fetch)({ ...config, params })
    expect(requests).toMatchObject([{ url: `https://shop.test/api/charges${query}` }])
  })

  test('writes parameters in the way that it was given, and leaves a whole URL as it is', async () => {
    const { fetch, requests } = recorded()
    await axiosAdapter(fetch)({
      ...config,
      url: 'https://other.test/x?y=1',
      params: { a: 1 },
      paramsSerializer: { serialize: () => 'own=1' },
    })
    expect(requests).toMatchObject([{ url: 'https://other.test/x?y=1&own=1' }])
  })
})

test('AWS: a request in parts, an answer as a stream', async () => {
  const { fetch, requests } = recorded(200)
  const { response } = await awsRequestHandler(fetch).handle({
    method: 'POST',
    protocol: 'https:',
    hostname: 'ecs.test',
    port: 8443,
    path: '/x',
    query: { a: ['1', '2'], 'b c': "d e+f!'()*", uploads: null, empty: '' },
    headers: { authorization: 'AWS4-HMAC-SHA256 …'.slice(0, 16) },
    body: '{"clientToken":"order-42"}',
  })
  expect(response.body).toBeInstanceOf(ReadableStream)
  expect({ ...response, body: await new Response(response.body as ReadableStream).text() }).toEqual({
    statusCode: 200,
    reason: '',
    headers: answered,
    body: '{"id":"ch_1"}',
  })
  expect(requests).toMatchObject([
    {
      // What is signed is sent: a space as %20, a name without a value.
      url: 'https://ecs.test:8443/x?a=1&a=2&b%20c=d%20e%2Bf%21%27%28%29%2A&uploads&empty=',
      body: '{"clientToken":"order-42"}',
    },
  ])
})

test('Azure: headers of its own kind, the body as a text', async () => {
  const { fetch, requests } = recorded()
  const own = new Headers({ 'operation-id': 'order-42' })
  const request = {
    method: 'POST',
    url: 'https://mail.test/emails:send',
    body: '{}',
    headers: {
      get: (name: string) => own.get(name) ?? undefined,
      has: (name: string) => own.has(name),
      set: () => {},
      delete: () => {},
      toJSON: () => Object.fromEntries(own),
      [Symbol.iterator]: () => own[Symbol.iterator](),
    },
  }
  const answer = await azureHttpClient(fetch).sendRequest(request)
  expect(answer).toMatchObject({ status: 201, bodyAsText: '{"id":"ch_1"}' })
  expect(answer.request).toBe(request)
  expect(answer.headers.get('Request-Id')).toBe('r1')
  expect(answer.headers.get('none')).toBeUndefined()
  expect(answer.headers.toJSON()).toEqual(answered)
  expect([...answer.headers]).toEqual(Object.entries(answered))
  expect(requests).toMatchObject([{ headers: { 'operation-id': 'order-42' } }])
})

test('Azure waits no longer than its timeout, and than its signal', async () => {
  const signals: (AbortSignal | null | undefined)[] = []
  const client = azureHttpClient(async (_input, init) => {
    signals.push(init?.signal)
    return new Response('{}')
  })
  const headers = { toJSON: () => ({}) } as AzureHeaders
  const request = { method: 'POST', url: 'https://mail.test/emails:send', headers }
  await client.sendRequest(request)
  await client.sendRequest({ ...request, timeout: 60_000 })
  await client.sendRequest({ ...request, timeout: 60_000, abortSignal: AbortSignal.abort() })
  expect(signals.map(each => each?.aborted)).toEqual([undefined, false, true])
})

test('Azure gets no error with a `response`, which it would take for its own; ours is the cause', async () => {
  const own = new OperationError({
    code: 'unresolved',
    outcome: 'unknown',
    reason: 'no answer',
    response: { status: 500, headers: {}, body: {} },
  })
  const headers = { toJSON: () => ({}) } as AzureHeaders
  const asked = azureHttpClient(() => Promise.reject(own)).sendRequest({
    method: 'POST',
    url: 'https://api.test/emails',
    headers,
  })
  const error: unknown = await asked.catch((thrown: unknown) => thrown)
  expect(error).not.toHaveProperty('response')
  expect(operationErrorOf(error)).toBe(own)
})

describe('a body of bytes', () => {
  const bytes = new Uint8Array([0xff, 0xfe, 0, 0x80, 10])
  const answers = (status = 200, body: BodyInit | null = bytes): Fetch => {
    const headers = new Headers({ 'content-type': 'image/png' })
    headers.append('set-cookie', 'a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT')
    headers.append('set-cookie', 'b=2')
    return async () => new Response(body, { status, headers })
  }
  const url = 'https://shop.test/logo'
  const target = { method: 'GET', protocol: 'https:', hostname: 'shop.test', path: '/logo', headers: {} }
  const cookies = ['a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT', 'b=2']
  const headers = { toJSON: () => ({}) } as AzureHeaders
  const streamed = { method: 'GET', url, headers, streamResponseStatusCodes: new Set([200, 204]) }

  test('is a stream of Node for Azure, where it asks for one', async () => {
    for (const codes of [new Set([200]), new Set([Infinity])]) {
      const asked = { ...streamed, streamResponseStatusCodes: codes }
      const answer = await azureHttpClient(answers()).sendRequest(asked)
      expect(answer).not.toHaveProperty('bodyAsText')
      const { readableStreamBody } = answer as { readableStreamBody?: unknown }
      expect(readableStreamBody).toBeInstanceOf(Readable)
      expect([...(await buffer(readableStreamBody as Readable))]).toEqual([...bytes])
    }
  })

  test('is a Blob or a stream for Azure, where there are no streams of Node', async () => {
    vi.stubGlobal('process', undefined)
    onTestFinished(() => void vi.unstubAllGlobals())
    const { blobBody } = await azureHttpClient(answers()).sendRequest(streamed)
    expect(new Uint8Array((await (await blobBody)?.arrayBuffer()) ?? [])).toEqual(bytes)
    const asked = { ...streamed, enableBrowserStreams: true }
    const { browserStreamBody } = await azureHttpClient(answers()).sendRequest(asked)
    expect(new Uint8Array(await new Response(browserStreamBody).arrayBuffer())).toEqual(bytes)
  })

  test('is none for HEAD, and an empty stream for what has none', async () => {
    expect(await azureHttpClient(answers()).sendRequest({ ...streamed, method: 'HEAD' })).not.toHaveProperty(
      'readableStreamBody',
    )
    const empty = await azureHttpClient(answers(204, null)).sendRequest(streamed)
    expect(await buffer((empty as { readableStreamBody?: unknown }).readableStreamBody as Readable)).toEqual(
      Buffer.alloc(0),
    )
    const { response } = await awsRequestHandler(answers(304, null)).handle(target)
    expect(await new Response(response.body).text()).toBe('')
    const { data } = await axiosAdapter(answers(204, null))({ url, responseType: 'stream' })
    expect(await new Response(data as ReadableStream).text()).toBe('')
  })

  test('is given by the AWS SDK and axios as it was', async () => {
    const { response } = await awsRequestHandler(answers()).handle(target)
    expect(new Uint8Array(await new Response(response.body).arrayBuffer())).toEqual(bytes)
    const { data } = await axiosAdapter(answers())({ url, responseType: 'arraybuffer' })
    expect(new Uint8Array(data as ArrayBuffer)).toEqual(bytes)
  })

  test('comes with all of its cookies', async () => {
    const text = answers(200, '')
    expect((await axiosAdapter(text)({ url })).headers['set-cookie']).toEqual(cookies)
    const twilio = await twilioHttpClient(text).request({ method: 'get', uri: url })
    expect(twilio.headers['set-cookie']).toEqual(cookies)
    const { response } = await awsRequestHandler(text).handle(target)
    expect(response.headers['set-cookie']).toBe(cookies.join(', '))
    const azure = await azureHttpClient(text).sendRequest({ method: 'GET', url, headers })
    expect(azure.headers.toJSON()['set-cookie']).toBe(cookies.join(', '))
    expect([...azure.headers]).toContainEqual(['set-cookie', cookies.join(', ')])
    await expect(
      adyenHttpClient(answers(404, '')).request(url, '', { apiKey: 'k' }, true),
    ).rejects.toMatchObject({ responseHeaders: { 'set-cookie': cookies } })
  })
})

describe('what fetch is given beside it', () => {
  /** A fetch that keeps the options of its calls. */
  function withInits() {
    const inits: (RequestInit | undefined)[] = []
    const fetch: Fetch = async (_input, init) => {
      inits.push(init)
      return new Response(null, { status: 307, headers: { location: '/other' } })
    }
    return { fetch, inits }
  }

  test('a redirect is an answer where the SDK takes it for one', async () => {
    const { fetch, inits } = withInits()
    const uri = 'https://api.test/x'
    expect((await twilioHttpClient(fetch).request({ method: 'get', uri })).statusCode).toBe(307)
    await twilioHttpClient(fetch).request({ method: 'get', uri, allowRedirects: true })
    await axiosAdapter(fetch)({ url: uri, maxRedirects: 0 })
    await axiosAdapter(fetch)({ url: uri, maxRedirects: 5 })
    await expect(
      adyenHttpClient(fetch).request(uri, '', { apiKey: 'k' }, true, { method: 'GET' }),
    ).rejects.toMatchObject({ name: 'HttpClientException', statusCode: 307 })
    expect(inits.map(init => init?.redirect)).toEqual(['manual', undefined, 'manual', undefined, 'manual'])
  })

  test('a stream that passes may be sent, and a body that Azure makes anew is made', async () => {
    const { fetch, inits } = withInits()
    const stream = new Blob(['abc']).stream()
    const headers = { toJSON: () => ({}) } as AzureHeaders
    await azureHttpClient(fetch).sendRequest({
      method: 'PUT',
      url: 'https://blob.test/x',
      headers,
      body: () => stream,
    })
    expect(inits).toMatchObject([{ body: stream, duplex: 'half' }])
  })
})

test('AWS and Twilio wait no longer than the timeout of a call', async () => {
  const signals: (AbortSignal | null | undefined)[] = []
  const fetch: Fetch = async (_input, init) => {
    signals.push(init?.signal)
    return new Response('{}')
  }
  const target = { method: 'POST', protocol: 'https:', hostname: 'ec2.test', path: '/', headers: {} }
  await awsRequestHandler(fetch).handle(target)
  await awsRequestHandler(fetch).handle(target, { requestTimeout: 60_000 })
  await awsRequestHandler(fetch).handle(target, { requestTimeout: 60_000, abortSignal: AbortSignal.abort() })
  const call = { method: 'post', uri: 'https://api.twilio.test/x' }
  await twilioHttpClient(fetch).request(call)
  await twilioHttpClient(fetch).request({ ...call, timeout: 60_000 })
  expect(signals.map(each => each?.aborted)).toEqual([undefined, false, true, undefined, false])
})

describe('Twilio', () => {
  test('sends forms with its credential, and reads the text', async () => {
    const { fetch, requests } = recorded()
    const answer = await twilioHttpClient(fetch).request({
      method: 'post',
      uri: 'https://api.test/Messages.json',
      username: 'AC1',
      password: 'token',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      params: { Page: 1 },
      data: { To: '+1', MediaUrl: ['a', 'b'], Nothing: undefined },
    })
    expect(answer).toEqual({ statusCode: 201, body: '{"id":"ch_1"}', headers: answered })
    expect(requests).toMatchObject([
      {
        method: 'POST',
        url: 'https://api.test/Messages.json?Page=1',
        headers: { authorization: 'Basic QUMxOnRva2Vu' },
        body: 'To=%2B1&MediaUrl=a&MediaUrl=b',
      },
    ])
  })

  test('sends JSON with a token', async () => {
    const { fetch, requests } = recorded()
    await twilioHttpClient(fetch).request({
      method: 'post',
      uri: 'https://api.test/x',
      authStrategy: { getAuthString: () => Promise.resolve('Bearer t') },
      headers: { 'Content-Type': 'application/json' },
      data: { a: 1 },
    })
    expect(requests).toMatchObject([{ headers: { authorization: 'Bearer t' }, body: '{"a":1}' }])
  })

  test('sends what it was given at the call, also while it waits for a token', async () => {
    const { fetch, requests } = recorded()
    const params = { Page: 1 }
    const data = { To: '+1' }
    const sending = twilioHttpClient(fetch).request({
      method: 'post',
      uri: 'https://api.test/x',
      authStrategy: { getAuthString: () => Promise.resolve('Bearer t') },
      params,
      data,
    })
    params.Page = 2
    data.To = '+2'
    await sending
    expect(requests).toMatchObject([{ url: 'https://api.test/x?Page=1', body: 'To=%2B1' }])
  })
})

describe('Adyen', () => {
  const config = { apiKey: 'k', applicationName: 'shop' }

  test('sends its key and credential, and gives the text', async () => {
    const { fetch, requests } = recorded(200)
    const client = adyenHttpClient(fetch)
    const options = { idempotencyKey: 'order-42', headers: { 'X-Own': '1' }, params: { a: '1' } }
    expect(await client.request('https://pay.test/v72/payments', '{"a":1}', config, true, options)).toBe(
      '{"id":"ch_1"}',
    )
    expect(requests).toEqual([
      {
        method: 'POST',
        url: 'https://pay.test/v72/payments?a=1',
        headers: {
          ...json,
          'idempotency-key': 'order-42',
          'user-agent': 'shop',
          'x-api-key': 'k',
          'x-own': '1',
        },
        body: '{"a":1}',
      },
    ])
  })

  test('gets its exception by name and fields', async () => {
    const { fetch } = recorded(422, '{"errorCode":"14_030"}')
    await expect(
      adyenHttpClient(fetch).request('https://pay.test/x', '{}', { username: 'u', password: 'p' }, false),
    ).rejects.toMatchObject({
      name: 'HttpClientException',
      statusCode: 422,
      errorCode: '14_030',
      responseBody: '{"errorCode":"14_030"}',
      apiError: { errorCode: '14_030' },
    })
  })

  test('sends user and password in UTF-8 where there is no key', async () => {
    const { fetch, requests } = recorded(200)
    await adyenHttpClient(fetch).request('https://pay.test/x', '{}', { username: 'ü', password: '€' }, false)
    expect(requests).toMatchObject([{ headers: { authorization: 'Basic w7w64oKs' } }])
  })

  test('sends nothing without a key where one is needed', async () => {
    await expect(
      adyenHttpClient(failing).request('https://pay.test/x', '{}', {}, true),
    ).rejects.toMatchObject({
      statusCode: 401,
    })
  })
})

test('Chargebee: its request as it is, with its timeout', async () => {
  const { fetch, requests } = recorded()
  const request = new Request('https://cb.test/customers', { method: 'POST', body: 'a=1' })
  const response = await chargebeeHttpClient(fetch).makeApiRequest(request, 1_000)
  expect(response.status).toBe(201)
  expect(requests).toMatchObject([{ method: 'POST', url: 'https://cb.test/customers', body: 'a=1' }])
})
