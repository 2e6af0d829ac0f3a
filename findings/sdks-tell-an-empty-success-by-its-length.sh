#!/usr/bin/env bash
# An empty 200 of type application/json is a success to four clients if it says Content-Length: 0, and a SyntaxError if its emptiness
# shows by its end alone, as in chunks or over HTTP/2. Proxies turn the one into the other. It is none of the SDK's own errors.
# Seen with @anthropic-ai/sdk 1.14.0, lithic 0.145.0, increase 0.583.0 and @hey-api/client-fetch 0.13.1 on Node 20 and 24: POST answered
# 200 with Content-Length: 0 resolves with undefined (hey-api: data {}); the same answer in chunks rejects, "Unexpected end of JSON
# input", after one POST. To modern-treasury 3.3.0 both are a SyntaxError.
# Why it matters: what was done is told as an error that is neither the SDK's class nor a status, so that code which knows the SDK's
# errors takes it for a bug or a failure, and does it again. `instanceof APIError` is false.
# What reads otherwise: RFC 9112 6.3, both are a whole answer of no bytes; openai 7.59.0, of the same maker, resolves with undefined.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @anthropic-ai/sdk@1.14.0 lithic@0.145.0 increase@0.583.0 modern-treasury@3.3.0 @hey-api/client-fetch@0.13.1
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import Anthropic from '@anthropic-ai/sdk'
import { createClient } from '@hey-api/client-fetch'
import Increase from 'increase'
import Lithic from 'lithic'
import ModernTreasury from 'modern-treasury'

let posts = 0
let framing
const server = createServer((request, response) =>
  request.resume().on('end', () => {
    posts += 1
    response.writeHead(200, { 'content-type': 'application/json', ...framing }).end()
  }),
)
await new Promise(done => server.listen(0, '127.0.0.1', done))
const url = `http://127.0.0.1:${server.address().port}`
const stainless = Sdk => async () => {
  const sdk = new Sdk({ apiKey: 'k', organizationID: 'o', baseURL: url })
  return sdk.post('/orders', { body: {} }).catch(error => {
    throw error instanceof Sdk.APIError ? new Error('an APIError') : error
  })
}
const calls = {
  '@anthropic-ai/sdk': stainless(Anthropic),
  lithic: stainless(Lithic),
  increase: stainless(Increase),
  'modern-treasury': stainless(ModernTreasury),
  '@hey-api/client-fetch': async () => (await createClient({ baseUrl: url }).post({ url: '/orders', body: {} })).data,
}
const seen = []
for (const [name, call] of Object.entries(calls))
  for (framing of [{ 'content-length': '0' }, { 'transfer-encoding': 'chunked' }]) {
    posts = 0
    const told = await call().then(
      data => `resolves with ${JSON.stringify(data)}`,
      error => `${error.constructor.name}: ${error.message}`,
    )
    console.log(`${name}, ${Object.keys(framing)}: ${posts} POST, ${told}`)
    seen.push(`${posts} ${told}`)
  }
server.closeAllConnections()
server.close()
const cut = '1 SyntaxError: Unexpected end of JSON input'
const byLength = ['1 resolves with undefined', cut]
const expected = [...byLength, ...byLength, ...byLength, cut, cut, '1 resolves with {}', cut]
const same = seen.join('; ') === expected.join('; ')
console.log(same ? 'as described: the length decides whether a success is one' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
