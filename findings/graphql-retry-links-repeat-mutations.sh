#!/usr/bin/env bash
# The retry parts of two GraphQL clients make no difference between a query and a mutation: with their defaults a
# mutation whose answer is lost is sent again, without a key and without a word in the result.
# Seen with RetryLink of @apollo/client 4.3.8 and @urql/exchange-retry 2.0.0 on Node 20 and 24: `mutation { pay }`,
# executed by the server and its connection closed, arrives a second time, and the caller gets the second payment.
# Why it matters: the link is added so that a page survives a bad network. Payments ride on the same link; one has
# to send mutations another way (`split`, or `retryIf` by operation) to keep them from being repeated.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @apollo/client@4.3.8 graphql@16.15.0 rxjs@7.8.2 @urql/core@6.0.3 @urql/exchange-retry@2.0.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client'
import { RetryLink } from '@apollo/client/link/retry'
import { createClient, fetchExchange, gql as urqlGql } from '@urql/core'
import { retryExchange } from '@urql/exchange-retry'

async function pays(mutate) {
  let executed = 0
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', piece => (body += piece)).on('end', () => {
      if (body.includes('mutation')) executed++
      if (executed === 1) return request.socket.destroy()
      response.writeHead(200, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ data: { pay: { __typename: 'Payment', id: executed } } }))
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const { data } = await mutate(`http://127.0.0.1:${server.address().port}/graphql`)
  server.closeAllConnections()
  server.close()
  return { executed, told: data?.pay.id }
}
const text = 'mutation { pay(amount: 100) { id } }'
const apollo = await pays(uri => new ApolloClient({ cache: new InMemoryCache(), link: ApolloLink.from([new RetryLink(), new HttpLink({ uri })]) }).mutate({ mutation: gql(text) }))
const urql = await pays(url => createClient({ url, exchanges: [retryExchange({}), fetchExchange] }).mutation(urqlGql(text), {}).toPromise())
console.log('@apollo/client 4.3.8 with RetryLink', apollo)
console.log('@urql/exchange-retry 2.0.0', urql)
const same = [apollo, urql].every(({ executed, told }) => executed === 2 && told === 2)
console.log(same ? 'as described: two payments for one mutation' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
