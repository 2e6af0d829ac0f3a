import { ietf } from 'stillonce'
import type { GuardedFetch } from 'stillonce'
import type { Sdk, Setup } from '../harness/sdk.ts'
import { headerKey, keyInHeader } from '../harness/sdk.ts'
import { openApollo } from '../recipes/apollo.ts'
import { graphqlId } from '../recipes/graphql-id.ts'
import { openGraphql } from '../recipes/graphql-request.ts'
import { openHeyApi } from '../recipes/hey-api.ts'
import { openShop } from '../recipes/openapi-fetch.ts'
import { openTrpc } from '../recipes/trpc.ts'

/* Clients of any API, as the recipes of docs/sdks.md have them. */

type Order = (orderId: string, signal?: AbortSignal) => Promise<unknown>

function client(
  name: string,
  open: (fetch: GuardedFetch, url: string) => Order,
  more: Pick<Sdk, 'resolves'> & { readonly id?: Sdk['id']; readonly created: string; readonly error: string },
): Sdk {
  return {
    name,
    profile: ietf,
    id: more.id ?? headerKey,
    server: {
      keyOf: keyInHeader,
      created: execution => ({ status: 200, body: more.created.replace('#', String(execution)) }),
    },
    creates: ({ fetch, url, timeoutMs }: Setup) => {
      const order = open(fetch as GuardedFetch, url)
      return key => order(key ?? '', timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs))
    },
    resolves: more.resolves,
    declined: { status: 402, body: '{"message":"no"}', error: more.error },
    inProgress: { status: 409, headers: { 'retry-after': '1' }, body: '{"message":"in progress"}' },
  }
}

/** What a caller makes of `error`, which openapi-fetch gives back. */
class Declined extends Error {}

export const openapiFetch = client(
  'openapi-fetch',
  (once, url) => {
    const order = openShop(once, url)
    return async (orderId, signal) => {
      const { data, error } = await order(orderId, signal)
      if (error) throw new Declined(error.message)
      return data
    }
  },
  { created: '{"id":"order_#"}', resolves: { id: 'order_1' }, error: 'Declined' },
)

export const heyApi = client(
  '@hey-api/client-fetch',
  (once, url) => {
    const order = openHeyApi(once, url)
    return async (orderId, signal) => (await order(orderId, signal)).data
  },
  { created: '{"id":"order_#"}', resolves: { id: 'order_1' }, error: 'Object' },
)

const GRAPHQL = { id: graphqlId, created: '{"data":{"order":{"id":"order_#"}}}' }

export const graphqlRequest = client('graphql-request', openGraphql, {
  ...GRAPHQL,
  resolves: { order: { id: 'order_1' } },
  error: 'ClientError',
})

export const apollo = client(
  'HttpLink of @apollo/client',
  (once, url) => {
    const order = openApollo(once, url)
    return async (orderId, signal) => (await order(orderId, signal)).data
  },
  { ...GRAPHQL, resolves: { order: { id: 'order_1' } }, error: 'ServerError' },
)

export const trpc = client('httpLink of @trpc/client', openTrpc, {
  created: '{"result":{"data":{"id":"order_#"}}}',
  resolves: { id: 'order_1' },
  error: 'TRPCClientError',
})
