import { gql, GraphQLClient } from 'graphql-request'
import type { GuardedFetch } from 'stillonce'

const ORDER = gql`
  mutation Order($item: String!) {
    order(item: $item) {
      id
    }
  }
`

export function openGraphql(once: GuardedFetch, url: string) {
  const api = new GraphQLClient(url, { fetch: once })
  return (orderId: string, signal?: AbortSignal) =>
    api.request<{ order: { id: string } }>({
      document: ORDER,
      variables: { item: 'tea' },
      requestHeaders: { 'Idempotency-Key': orderId },
      ...(signal !== undefined && { signal }),
    })
}
