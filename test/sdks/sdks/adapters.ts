import adyenLibrary from '@adyen/api-library'
import { ECSClient, RunTaskCommand } from '@aws-sdk/client-ecs'
import { EmailClient } from '@azure/communication-email'
import axios from 'axios'
import type { AxiosInstance } from 'axios'
import Chargebee from 'chargebee'
import type { Profile } from 'stillonce'
import { defineProfile, ietf } from 'stillonce'
import {
  adyenHttpClient,
  awsRequestHandler,
  axiosAdapter,
  azureHttpClient,
  chargebeeHttpClient,
  twilioHttpClient,
} from 'stillonce/adapters'
import twilio from 'twilio'
import type { Sdk, Setup } from '../harness/sdk.ts'
import { headerKey, keyHeaders, keyInHeader, led } from '../harness/sdk.ts'

/* SDKs that take an http client of their own making. */

const TEST = 'the server of this test'

const IN_PROGRESS = { status: 409, headers: { 'retry-after': '1' }, body: '{"message":"in progress"}' }

/** A server that takes the key at this place. */
function keyAt(
  name: string,
  place: { readonly header?: string; readonly key?: Partial<Profile['key']> },
  rules: Profile['rules'] = [],
): Profile {
  return defineProfile({
    name,
    honoursKeys: true,
    ...place,
    rules: [{ status: 409, header: { name: 'retry-after' }, means: 'processing', source: TEST }, ...rules],
  })
}

function onAxios(name: string, made: (setup: Setup) => AxiosInstance): Sdk {
  return {
    name,
    profile: ietf,
    id: headerKey,
    keepResponseHeaders: ['request-id'],
    server: {
      keyOf: keyInHeader,
      created: execution => ({
        status: 201,
        headers: { 'request-id': `req_${execution}` },
        body: `{"id":"order_${execution}"}`,
      }),
    },
    creates: setup => {
      const shop = made(setup)
      return async key => {
        const { data, status, headers } = await shop.post('/orders', { item: 'tea' }, keyHeaders(key))
        return { data: data as unknown, status, requestId: String(headers['request-id']) }
      }
    },
    resolves: { data: { id: 'order_1' }, status: 201, requestId: 'req_1' },
    declined: { status: 402, body: '{"message":"no"}', error: 'AxiosError' },
    inProgress: IN_PROGRESS,
  }
}

const axiosOptions = ({ url, timeoutMs }: Setup) => ({
  baseURL: url,
  ...(timeoutMs !== undefined && { timeout: timeoutMs }),
})

const byAdapter = onAxios('axios, axiosAdapter', setup =>
  axios.create({ ...axiosOptions(setup), adapter: axiosAdapter(setup.fetch) }),
)
/** By name and mark an AxiosError, and of no class of axios. */
export const axiosByAdapter: Sdk = { ...byAdapter, declined: { ...byAdapter.declined, error: 'Error' } }

export const axiosByFetch = onAxios('axios, its fetch adapter', setup =>
  axios.create({ ...axiosOptions(setup), adapter: 'fetch', env: { fetch: setup.fetch } }),
)

const UUID = /^[\da-f]{8}-[\da-f]{4}-4/

export const aws: Sdk = {
  name: '@aws-sdk/client-ecs',
  profile: keyAt('ecs', { key: { in: 'json', field: 'clientToken' } }),
  // The SDK makes a UUID of its own where the caller gives no token.
  id: async request => {
    const { clientToken } = (await request.json()) as { readonly clientToken: string }
    return UUID.test(clientToken) ? undefined : clientToken
  },
  account: () => 'aws-account-1',
  signsItsKey: true,
  server: {
    keyOf: ({ body }) => (JSON.parse(body) as { readonly clientToken?: string }).clientToken,
    created: execution => ({
      status: 200,
      headers: { 'content-type': 'application/x-amz-json-1.1' },
      body: `{"tasks":[{"taskArn":"task_${execution}"}],"failures":[]}`,
    }),
  },
  creates: ({ fetch, url, timeoutMs, retries }) => {
    const sdk = new ECSClient({
      region: 'eu-central-1',
      endpoint: url,
      credentials: { accessKeyId: 'id', secretAccessKey: 'secret' },
      requestHandler: awsRequestHandler(fetch),
      maxAttempts: (retries ?? 0) + 1,
    })
    return async key => {
      const command = new RunTaskCommand({ taskDefinition: 'job:1', clientToken: key })
      const signal = timeoutMs === undefined ? {} : { abortSignal: AbortSignal.timeout(timeoutMs) }
      const { tasks, $metadata } = await sdk.send(command, signal)
      return { task: tasks?.[0]?.taskArn, status: $metadata.httpStatusCode }
    }
  },
  resolves: { task: 'task_1', status: 200 },
  declined: { status: 402, body: '{"__type":"ClientException","message":"no"}', error: 'ClientException' },
  inProgress: IN_PROGRESS,
}

export const azureEmail: Sdk = {
  name: '@azure/communication-email',
  profile: keyAt('azure-email', { header: 'Operation-Id', key: { format: 'uuid' } }, [
    // A mail is taken with 202: that is its result.
    { status: 202, means: 'succeeded', source: TEST },
  ]),
  id: request => request.headers.get('operation-id'),
  // It signs each request anew.
  account: () => 'azure-account-1',
  keys: ['5f8c3f9e-6b1a-4a53-9a7e-0d2b6c1f4e42', 'e7e458bb-b11b-50ed-bdd2-59ebb59197a5'],
  keepResponseHeaders: ['operation-location'],
  server: {
    keyOf: ({ headers }) => headers['operation-id']?.toString(),
    created: execution => ({
      status: 202,
      headers: { 'operation-location': `/emails/operations/${execution}` },
      body: `{"id":"mail_${execution}","status":"Running"}`,
    }),
  },
  creates: ({ fetch, url, timeoutMs, retries }) => {
    const sdk = new EmailClient(
      url,
      { key: 'c2VjcmV0' },
      {
        httpClient: azureHttpClient(fetch),
        allowInsecureConnection: true,
        retryOptions: { maxRetries: retries ?? 0 },
      },
    )
    return async key => {
      const poller = await sdk.beginSend(
        {
          senderAddress: 'shop@example.com',
          content: { subject: 'Paid', plainText: 'Thank you.' },
          recipients: { to: [{ address: 'customer@example.com' }] },
        },
        {
          ...(key !== undefined && { operationId: key }),
          ...(timeoutMs !== undefined && { abortSignal: AbortSignal.timeout(timeoutMs) }),
        },
      )
      return poller.getOperationState().status
    }
  },
  resolves: 'running',
  declined: { status: 402, body: '{"error":{"code":"NoCredit","message":"no"}}', error: 'RestError' },
  inProgress: IN_PROGRESS,
}

const formKey = (body: string) => new URLSearchParams(body).get('IdempotencyKey') ?? undefined

export const twilioPayments: Sdk = {
  name: 'twilio',
  profile: keyAt('twilio', { key: { in: 'form', field: 'IdempotencyKey' } }),
  id: async request => formKey(await request.text()),
  waitsForEver: true,
  server: {
    keyOf: ({ body }) => formKey(body),
    created: execution => ({ status: 201, body: `{"sid":"PK_${execution}","call_sid":"CA1"}` }),
  },
  creates: ({ fetch, url }) => {
    // For its types: the option wants a whole RequestClient.
    const httpClient = Object.assign(
      new twilio.RequestClient(),
      twilioHttpClient(led(fetch, 'https://api.twilio.com', url)),
    )
    const sdk = twilio('AC1', 'token', { httpClient })
    return async key => {
      const { sid, callSid } = await sdk
        .calls('CA1')
        // The SDK itself wants a text.
        .payments.create({ idempotencyKey: key ?? '', statusCallback: 'https://shop.example' })
      return { sid, callSid }
    }
  },
  resolves: { sid: 'PK_1', callSid: 'CA1' },
  declined: { status: 402, body: '{"code":20003,"message":"no","status":402}', error: 'RestException' },
  inProgress: IN_PROGRESS,
}

const { Client, CheckoutAPI, EnvironmentEnum } = adyenLibrary

export const adyen: Sdk = {
  name: '@adyen/api-library',
  profile: ietf,
  id: headerKey,
  waitsForEver: true,
  server: {
    keyOf: keyInHeader,
    created: execution => ({
      status: 200,
      body: `{"pspReference":"psp_${execution}","resultCode":"Authorised"}`,
    }),
  },
  creates: ({ fetch, url }) => {
    const httpClient = adyenHttpClient(led(fetch, 'https://checkout-test.adyen.com', url))
    const client = new Client({ apiKey: 'key', environment: EnvironmentEnum.TEST }, httpClient)
    const { PaymentsApi: payments } = new CheckoutAPI(client)
    return async key => {
      const { pspReference, resultCode } = await payments.payments(
        {
          merchantAccount: 'shop',
          reference: 'invoice-42',
          amount: { currency: 'EUR', value: 1999 },
          paymentMethod: { type: 'scheme' } as never,
          returnUrl: 'https://shop.example',
        },
        key === undefined ? undefined : { idempotencyKey: key },
      )
      return { pspReference, resultCode }
    }
  },
  resolves: { pspReference: 'psp_1', resultCode: 'Authorised' },
  declined: { status: 402, body: '{"status":402,"errorCode":"905","message":"no"}', error: 'Error' },
  inProgress: IN_PROGRESS,
}

export const chargebee: Sdk = {
  name: 'chargebee',
  profile: keyAt('chargebee', { header: 'chargebee-idempotency-key' }),
  id: request => request.headers.get('chargebee-idempotency-key'),
  server: {
    keyOf: ({ headers }) => headers['chargebee-idempotency-key']?.toString(),
    created: execution => ({
      status: 200,
      body: `{"customer":{"id":"cus_${execution}","object":"customer"}}`,
    }),
  },
  creates: ({ fetch, port, timeoutMs }) => {
    const sdk = new Chargebee({
      // Its host is made of these two.
      site: '127.0.0',
      hostSuffix: '.1',
      protocol: 'http',
      port,
      apiKey: 'key',
      httpClient: chargebeeHttpClient(fetch),
      ...(timeoutMs !== undefined && { timeout: timeoutMs }),
    })
    return async key => {
      const { customer, httpStatusCode } = await sdk.customer.create(
        { first_name: 'Ada' },
        key === undefined ? {} : { 'chargebee-idempotency-key': key },
      )
      return { id: customer.id, status: httpStatusCode }
    }
  },
  resolves: { id: 'cus_1', status: 200 },
  declined: {
    status: 402,
    body: '{"message":"no","type":"payment","api_error_code":"payment_failed"}',
    error: 'Object',
  },
  inProgress: IN_PROGRESS,
}
