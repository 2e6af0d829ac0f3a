#!/usr/bin/env bash
# Six wrappers of fetch do not tell an answer that broke off: they catch the error of reading its body and resolve, with the status
# of success and with nothing, as if the server had said no more.
# Seen with redaxios 0.5.1, feaxios 0.0.23, mande 2.0.10, fetchff 4.2.0, @octokit/request 10.0.16 (GitHub's SDK) and a client made by
# openapi-typescript-codegen 0.31.0 on Node 20 and 24: POST answered 201 with 47 bytes announced, ten sent and the connection closed: 201
# (where a status is given), data undefined, null or ''; ky 1.14.3 and fetch itself reject ("terminated"). The same answer whole: its data.
# Why it matters: what was cut is the number of the charge. "Made, and has no number" is stored, and what asks for the number makes
# another one; what would have sent again under its key, and been told the whole answer, hears of no failure.
# What reads otherwise: RFC 9112 8, a client that has an incomplete answer must not take it for complete.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent redaxios@0.5.1 feaxios@0.0.23 mande@2.0.10 fetchff@4.2.0 @octokit/request@10.0.16 ky@1.14.3 openapi-typescript-codegen@0.31.0 esbuild@0.28.2
cat >api.json <<'API'
{"openapi":"3.0.3","info":{"title":"Shop","version":"1"},"paths":{"/charges":{"post":{"operationId":"createCharge","responses":{"201":{
"description":"made","content":{"application/json":{"schema":{"type":"object","properties":{"charge":{"type":"string"}}}}}}}}}}}
API
npx openapi --input api.json --output client --client fetch >/dev/null
npx esbuild client/index.ts --bundle --format=esm --platform=node --outfile=client.mjs --log-level=error
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { request } from '@octokit/request'
import feaxios from 'feaxios'
import { fetchf } from 'fetchff'
import ky from 'ky'
import { mande } from 'mande'
import redaxios from 'redaxios'
import { DefaultService, OpenAPI } from './client.mjs'

console.error = () => {} // the generated client prints the error that it does not hand over
const body = JSON.stringify({ charge: 'ch_51', currency: 'eur', amount: 20 })
const server = createServer((request, response) => {
  request.resume().on('end', () => {
    response.writeHead(201, { 'content-type': 'application/json', 'content-length': body.length })
    if (request.url.startsWith('/whole')) return response.end(body)
    response.write(body.slice(0, 10))
    setTimeout(() => request.socket.destroy(), 50)
  })
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
const clients = {
  redaxios: url => redaxios.post(url, {}).then(({ status, data }) => [status, data]),
  feaxios: url => feaxios.post(url, {}).then(({ status, data }) => [status, data]),
  mande: url => mande(url).post({}).then(data => ['no status', data]),
  fetchff: url => fetchf(url, { method: 'POST', body: {} }).then(({ status, data }) => [status, data]),
  '@octokit/request': url => request(`POST ${url}`).then(({ status, data }) => [status, data]),
  'openapi-typescript-codegen': url => {
    OpenAPI.BASE = url.replace('/charges', '')
    return DefaultService.createCharge().then(data => ['no status', data])
  },
  ky: url => ky.post(url, { json: {} }).json(),
  fetch: url => fetch(url, { method: 'POST', body: '{}' }).then(answer => answer.json()),
}
const seen = {}
for (const [name, call] of Object.entries(clients)) {
  for (const kind of ['cut', 'whole']) {
    const told = await call(`http://127.0.0.1:${server.address().port}/${kind}/charges`).then(
      result => (Array.isArray(result) ? `${result[0]}, ${result[1]?.charge ?? 'nothing'}` : result.charge),
      error => `rejected (${error.message})`,
    )
    console.log(`${name}, ${kind}: ${told}`)
    ;(seen[kind] ??= []).push(told)
  }
}
server.closeAllConnections()
server.close()
const same = seen.cut.join('; ') === '201, nothing; 201, nothing; no status, nothing; 201, nothing; 201, nothing; no status, nothing; rejected (terminated); rejected (terminated)'
  && seen.whole.join('; ') === '201, ch_51; 201, ch_51; no status, ch_51; 201, ch_51; 201, ch_51; no status, ch_51; ch_51; ch_51'
console.log(same ? 'as described: a cut answer is a success without content' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
