#!/usr/bin/env bash
# Shopify's clients take the number in Retry-After for milliseconds. "Come back in 30 seconds" is 30 thousandths of one, and so sooner than
# without the header, where they wait a second; a date is no wait at all.
# Seen with @shopify/admin-api-client and @shopify/storefront-api-client 2.0.0 (`retries: 3`, both over @shopify/graphql-client 2.0.0) on
# Node 20 and 24: a mutation answered 429 or 503 with Retry-After: 30 is sent four times within two seconds, with a date half a minute
# ahead too; without the header twice in that time.
# Why it matters: a shop that sheds load is asked more the longer it asks to be left alone, and all three tries are gone before it is back,
# so that the order fails. The tries of a lost answer, which are the same setting, send the mutation again, too.
# Source: RFC 9110 10.2.3 (a number of seconds).
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @shopify/admin-api-client@2.0.0 @shopify/storefront-api-client@2.0.0 @shopify/graphql-client@2.0.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'

const require = createRequire(import.meta.url)
const { createAdminApiClient } = require('@shopify/admin-api-client')
const { createStorefrontApiClient } = require('@shopify/storefront-api-client')
const shop = { storeDomain: 'tea.myshopify.com', retries: 3 }
// Each with the version of the API that it knows; only the host is changed.
const makers = {
  admin: customFetchApi => createAdminApiClient({ ...shop, apiVersion: '2026-10', accessToken: 'token', customFetchApi }),
  storefront: customFetchApi => createStorefrontApiClient({ ...shop, apiVersion: '2026-10', publicAccessToken: 'token', customFetchApi }),
}
console.warn = () => {}
async function order(maker, status, headers) {
  let posts = 0
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      posts++
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end('{}')
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const client = makers[maker]((url, options) => fetch(`http://127.0.0.1:${server.address().port}`, options))
  const call = client.request('mutation { orderCreate { id } }').catch(() => {})
  await Promise.race([call, new Promise(done => setTimeout(done, 1800))])
  const seen = posts
  server.closeAllConnections()
  server.close()
  console.log(`@shopify/${maker}-api-client 2.0.0, ${status} ${JSON.stringify(headers)}: ${seen} POSTs in 1.8 s`)
  return seen
}
const soon = new Date(Date.now() + 30_000).toUTCString()
const seen = []
for (const maker of Object.keys(makers)) {
  seen.push(await order(maker, 429, { 'retry-after': '30' }), await order(maker, 503, { 'retry-after': '30' }), await order(maker, 503, { 'retry-after': soon }), await order(maker, 503, {}))
}
const same = seen.join() === '4,4,4,2,4,4,4,2'
console.log(same ? 'as described: half a minute is 30 ms' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
