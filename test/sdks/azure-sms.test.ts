import { SmsClient } from '@azure/communication-sms'
import type { GuardedFetch, RecordStore } from 'stillonce'
import { createClient, defineProfile, memoryStore, operationErrorOf } from 'stillonce'
import { azureHttpClient } from 'stillonce/adapters'
import { expect, onTestFinished, test } from 'vitest'
import { scriptedServer } from './harness/scripted-server.ts'
import { led } from './harness/sdk.ts'

/*
 * SMS of Azure has no option for a key, and makes one up for each call: the id is the caller's own, in `tag`, the fingerprint
 * leaves out what the SDK makes up, and the profile writes the key over it.
 */

type Body = {
  readonly smsRecipients: readonly [{ readonly to: string; readonly repeatabilityRequestId: string }]
  readonly message: string
  readonly smsSendOptions: { readonly tag?: string }
}

const AZURE = 'https://shop.communication.azure.com'

const profile = defineProfile({
  name: 'azure-sms',
  honoursKeys: true,
  key: { in: 'json', field: 'smsRecipients.0.repeatabilityRequestId', format: 'uuid' },
  retention: 'unknown',
  rules: [{ status: 202, means: 'succeeded', source: 'the server of this test' }],
})

async function world() {
  const server = await scriptedServer({
    keyOf: ({ body }) => (JSON.parse(body) as Body).smsRecipients[0].repeatabilityRequestId,
    created: execution => ({
      status: 202,
      body: `{"value":[{"to":"+1","messageId":"sms_${execution}","httpStatusCode":202,"successful":true}]}`,
    }),
  })
  onTestFinished(server.close)
  const store = memoryStore()
  return { server, fetch: onceOf(server.url, store), another: () => onceOf(server.url, store) }
}

/** A fetch of a client of its own, as each process has it. */
function onceOf(url: string, store: RecordStore): GuardedFetch {
  const client = createClient({
    http: { baseUrl: `${url}/` },
    store,
    scope: 'me',
    profile,
    retry: { attempts: 4, backoff: { base: 10, cap: 20 } },
  })
  return client.fetch({
    name: 'sms',
    id: async request => ((await request.json()) as Body).smsSendOptions.tag,
    fingerprint: async request => {
      const { smsRecipients, message } = (await request.json()) as Body
      return { to: smsRecipients.map(({ to }) => to), message }
    },
  })
}

/** With a token: an access key signs the body, and no key can be written into what is signed. */
const token = {
  getToken: () => Promise.resolve({ token: 'token', expiresOnTimestamp: Date.now() + 3_600_000 }),
}

function send(
  fetch: GuardedFetch,
  url: string,
  tag?: string,
  credential: typeof token | { key: string } = token,
) {
  const options = { httpClient: azureHttpClient(led(fetch, AZURE, url)), retryOptions: { maxRetries: 0 } }
  const sdk =
    'key' in credential
      ? new SmsClient(AZURE, credential, options)
      : new SmsClient(AZURE, credential, options)
  return sdk.send({ from: '+0', to: ['+1'], message: 'Paid.' }, tag === undefined ? {} : { tag })
}

test('a message whose answer is lost is sent under one key, and given again in another process', async () => {
  const { server, fetch, another } = await world()
  server.meets('lost')
  const [first] = await send(fetch, server.url, 'order-42')
  const [second] = await send(another(), server.url, 'order-42')
  expect([first?.messageId, second?.messageId]).toEqual(['sms_1', 'sms_1'])
  expect([server.deliveries.length, server.keys().length, server.executions()]).toEqual([2, 1, 1])
})

test('a message without an id of the caller is refused, and nothing is sent', async () => {
  const { server, fetch } = await world()
  const error: unknown = await send(fetch, server.url).catch((thrown: unknown) => thrown)
  expect(operationErrorOf(error)).toMatchObject({ outcome: 'not-executed', code: 'configuration' })
  expect(server.deliveries).toEqual([])
})

test('a message that an access key has signed is refused, and nothing is sent', async () => {
  const { server, fetch } = await world()
  const error: unknown = await send(fetch, server.url, 'order-42', { key: 'c2VjcmV0' }).catch(
    (thrown: unknown) => thrown,
  )
  expect(operationErrorOf(error)).toMatchObject({ outcome: 'not-executed', code: 'configuration' })
  expect(operationErrorOf(error)?.message).toContain('the key with which the SDK signed this request')
  expect(server.deliveries).toEqual([])
})
