#!/usr/bin/env bash
# A handler of undici's dispatch that pauses, and resumes before more has arrived, gets an empty chunk first.
# Seen with undici 7.30.2 and 8.13.1 in Node 24.21.0, a body of eight chunks of 65,536 bytes in chunked coding: the handler calls
# controller.pause() for every chunk that it is given, and resume() in a microtask. Every third call of onResponseData has a chunk
# of 0 bytes; where the resume comes 5 ms later, none has.
# Why it matters: a handler that counts chunks, or takes "no bytes" for the end of the body as stream readers do, loses the rest of
# an answer.
# What says otherwise: undici's page on Dispatcher, "onResponseData: invoked when response payload data is received".
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent undici-7@npm:undici@7.30.2 undici-8@npm:undici@8.13.1 node@24.21.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'

const server = createServer((request, response) => {
  for (let part = 0; part < 8; part += 1) response.write('x'.repeat(65_536))
  response.end()
}).listen(0, '127.0.0.1')
await new Promise(resolve => server.once('listening', resolve))
let isSame = true
for (const name of ['undici-7', 'undici-8']) {
  const { Agent } = await import(name)
  const agent = new Agent()
  const lengths = []
  await new Promise((resolve, reject) =>
    agent.dispatch(
      { origin: `http://127.0.0.1:${server.address().port}`, path: '/', method: 'GET' },
      {
        onRequestStart() {},
        onResponseStart() {},
        onResponseData(controller, chunk) {
          lengths.push(chunk.length)
          if (chunk.length === 0) return
          controller.pause()
          queueMicrotask(() => controller.resume())
        },
        onResponseEnd: resolve,
        onResponseError: (controller, error) => reject(error),
      },
    ),
  )
  await agent.close()
  const empty = lengths.filter(length => length === 0).length
  const bytes = lengths.reduce((sum, length) => sum + length, 0)
  console.log(`${name}: ${bytes} bytes in ${lengths.length} chunks, ${empty} of them empty; the first ${lengths.slice(0, 6).join(', ')}`)
  isSame &&= bytes === 524_288 && empty > 0
}
console.log(isSame ? 'as described: empty chunks between the others' : 'changed')
process.exit(isSame ? 0 : 1)
PROGRAM
timeout 60 ./node_modules/.bin/node run.mjs
