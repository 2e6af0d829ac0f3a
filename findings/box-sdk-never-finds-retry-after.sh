#!/usr/bin/env bash
# Box's SDK looks for `Retry-After` in an object of headers whose names are in lower case. It never finds it: a 429 or 503 that asks for half
# a minute is asked again after its own pause of some seconds. A lost answer of a POST is sent again twice, without any key.
# Seen with box-node-sdk 10.12.0, defaults, on Node 20 and 24: folders.createFolder answered 429 with Retry-After: 30: the second POST
# within 4 s; the name written `Retry-After` or `retry-after` makes no difference. The connection closed after the POST was read, each
# time: three POSTs.
# Why it matters: what was told to stay away comes back at once, and is counted against its limit again; and the folder, the task or the
# sign request that the first POST made is made again, or refused because it is there ("name in use"), which reads as a failure.
# What reads otherwise: its own retry strategy, which has the number of the header as its first rule.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent box-node-sdk@10.12.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { BoxClient, BoxDeveloperTokenAuth } from 'box-node-sdk'

async function create(answer, times) {
  const posts = []
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (posts.push(Date.now()) > times) return response.writeHead(201, { 'content-type': 'application/json' }).end('{"id":"2","type":"folder"}')
      if (answer === 'lost') return request.socket.destroy()
      response.writeHead(answer.status, answer.headers).end()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const url = `http://127.0.0.1:${server.address().port}`
  const client = new BoxClient({ auth: new BoxDeveloperTokenAuth({ token: 'token' }) }).withCustomBaseUrls({ baseUrl: url, uploadUrl: url, oauth2Url: url })
  const told = await client.folders.createFolder({ name: 'orders', parent: { id: '0' } }).then(({ id }) => `folder ${id}`, () => 'rejected')
  server.closeAllConnections()
  server.close()
  const seen = `${posts.length} POSTs, ${posts[1] - posts[0] < 10_000 ? 'soon' : 'as asked'}, ${told}`
  console.log(`box-node-sdk 10.12.0, ${JSON.stringify(answer)}: ${seen}; pauses in ms`, posts.slice(1).map((at, index) => at - posts[index]))
  return seen
}
const seen = [
  await create({ status: 429, headers: { 'Retry-After': '30' } }, 1),
  await create({ status: 503, headers: { 'retry-after': '30' } }, 1),
  await create('lost', 9),
]
const same = seen.join('; ') === '2 POSTs, soon, folder 2; 2 POSTs, soon, folder 2; 3 POSTs, soon, rejected'
console.log(same ? 'as described: nobody reads how long to wait' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 90 node run.mjs
