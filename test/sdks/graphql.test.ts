import { GraphQLClient } from 'graphql-request'
import { createClient, ietf, memoryStore, operationErrorOf } from 'stillonce'
import { expect, onTestFinished, test } from 'vitest'
import { scriptedServer } from './harness/scripted-server.ts'
import { keyInHeader } from './harness/sdk.ts'
import { graphqlId } from './recipes/graphql-id.ts'

/* GraphQL over HTTP sends queries by POST too: `id` tells them from mutations. */

async function world() {
  const server = await scriptedServer({
    keyOf: keyInHeader,
    created: execution => ({ status: 200, body: `{"data":{"count":${execution}}}` }),
  })
  onTestFinished(server.close)
  const client = createClient({
    http: { baseUrl: `${server.url}/` },
    store: memoryStore(),
    scope: 'me',
    profile: ietf,
  })
  const once = client.fetch({ name: 'graphql', id: graphqlId, unguarded: 'pass' })
  return { server, api: new GraphQLClient(`${server.url}/graphql`, { fetch: once }) }
}

test('a query passes each time, and asks the server', async () => {
  const { server, api } = await world()
  expect(await api.request('query Orders { count }')).toEqual({ count: 1 })
  expect(await api.request('query Orders { count }')).toEqual({ count: 2 })
  expect(server.deliveries).toHaveLength(2)
})

test('a mutation without a key is refused, and nothing is sent', async () => {
  const { server, api } = await world()
  const error: unknown = await api
    .request('mutation Order { order { id } }')
    .catch((thrown: unknown) => thrown)
  expect(operationErrorOf(error)).toMatchObject({ outcome: 'not-executed', code: 'configuration' })
  expect(server.deliveries).toEqual([])
})

test('a mutation with a key is one operation', async () => {
  const { server, api } = await world()
  const order = () => api.request('mutation Order { count }', undefined, { 'Idempotency-Key': 'order-42' })
  expect(await order()).toEqual({ count: 1 })
  expect(await order()).toEqual({ count: 1 })
  expect(server.deliveries.map(({ key }) => key)).toEqual(['order-42'])
})
