#!/usr/bin/env bash
# A 201 with the order as JSON and without a Content-Type, which HTTP permits: six SDKs and clients tell three different things of
# it, and none of them that the order was made. Four resolve with the text in the place of the order, one with a stream, one rejects.
# Seen with openai 7.59.0, @anthropic-ai/sdk 1.14.0, lithic 0.145.0, increase 0.583.0, @hey-api/client-fetch 0.13.1 and
# @hubspot/api-client 14.0.1 on Node 20 and 24: POST answered 201 with {"id":"order_51"}: openai, anthropic, lithic and increase resolve
# with a string, whose `id` is undefined; hey-api with a ReadableStream as `data`; hubspot rejects, "Cannot parse content. No
# Content-Type defined.". fetch's own json(), axios' and ky's reader give the order.
# Why it matters: a gateway that drops the header, or a mock that forgets it, makes `order.id` undefined in the rows of the caller, or
# a failure of an order that was made; code that asks `if (!order.id)` makes another one.
# What reads otherwise: the types, and RFC 9110 8.3: where the type is missing, the recipient may look at the data.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent openai@7.59.0 @anthropic-ai/sdk@1.14.0 lithic@0.145.0 increase@0.583.0 @hey-api/client-fetch@0.13.1 @hubspot/api-client@14.0.1
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import Anthropic from '@anthropic-ai/sdk'
import { createClient } from '@hey-api/client-fetch'
import hubspot from '@hubspot/api-client'
import Increase from 'increase'
import Lithic from 'lithic'
import OpenAI from 'openai'

const server = createServer((request, response) => request.resume().on('end', () => response.writeHead(201).end('{"id":"order_51"}')))
await new Promise(done => server.listen(0, '127.0.0.1', done))
const url = `http://127.0.0.1:${server.address().port}`
const order = { item: 'tea' }
const stainless = Sdk => () => new Sdk({ apiKey: 'k', baseURL: url }).post('/orders', { body: order })
const calls = {
  openai: stainless(OpenAI),
  '@anthropic-ai/sdk': stainless(Anthropic),
  lithic: stainless(Lithic),
  increase: stainless(Increase),
  '@hey-api/client-fetch': async () => (await createClient({ baseUrl: url }).post({ url: '/orders', body: order })).data,
  '@hubspot/api-client': () => new hubspot.Client({ accessToken: 'k', basePath: url }).crm.contacts.basicApi.create({ properties: {} }),
  'fetch itself': async () => (await fetch(`${url}/orders`, { method: 'POST', body: '{}' })).json(),
}
const seen = []
for (const [name, call] of Object.entries(calls)) {
  const told = await call().then(
    data => `${data?.constructor?.name}, id ${data?.id}`,
    error => `rejects: ${error.message}`,
  )
  console.log(`${name}: ${told}`)
  seen.push(told)
}
server.closeAllConnections()
server.close()
const text = 'String, id undefined'
const same =
  seen.join('; ') ===
  [text, text, text, text, 'ReadableStream, id undefined', 'rejects: Cannot parse content. No Content-Type defined.', 'Object, id order_51'].join('; ')
console.log(same ? 'as described: the order was made, and has no id' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
