import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client/core'
import type { GuardedFetch } from 'stillonce'

const ORDER = gql`
  mutation Order($item: String!) {
    order(item: $item) {
      id
    }
  }
`

export function openApollo(once: GuardedFetch, uri: string) {
  const apollo = new ApolloClient({ link: new HttpLink({ uri, fetch: once }), cache: new InMemoryCache() })
  return (orderId: string, signal?: AbortSignal) =>
    apollo.mutate<{ order: { id: string } }>({
      mutation: ORDER,
      variables: { item: 'tea' },
      context: {
        headers: { 'Idempotency-Key': orderId },
        ...(signal !== undefined && { fetchOptions: { signal } }),
      },
    })
}
