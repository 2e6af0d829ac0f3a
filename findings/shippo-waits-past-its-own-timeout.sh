#!/usr/bin/env bash
# The SDK of Shippo, given `timeoutMs`, can wait without end in Node: its timeout is an AbortSignal on a Request, and what is sent is
# a clone of that Request. Node holds the link between the two signals weakly, so the first garbage collection while the server is
# slow cuts the link: the timeout fires, and nobody hears of it.
# Seen with shippo 2.18.0 on Node 20.20, 22.18 and 24.21, its own fetch, a server that never answers, `timeoutMs: 500`: where
# garbage is collected meanwhile, still waiting after three seconds, when the script looks. Where none is: RequestTimeoutError; but the
# first call of a process was often lost without any collection asked for.
# The same in Node alone, without the SDK: a fetch of a clone, and a fetch of a Request that nobody keeps. A signal given to fetch
# itself, or a Request that the caller keeps, ends in time. Deno and Bun end all of them.
# Why it matters: the one who set a timeout in order to ask afterwards whether the label was bought never comes to ask. It is no
# failure of a moment: a busy service collects garbage every few seconds, and labels take that long.
# What reads otherwise: the DOM standard, by which a dependent signal with a listener outlives its Request. Reported for fetch alone
# as https://github.com/nodejs/undici/issues/4068 and 3644.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent shippo@2.18.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
const { Shippo } = createRequire(import.meta.url)('shippo')

const server = createServer(request => request.resume())
await new Promise(done => server.listen(0, '127.0.0.1', done))
const url = `http://127.0.0.1:${server.address().port}`
const sleep = (ms, value) => new Promise(done => setTimeout(done, ms, value))

const collecting = setInterval(() => globalThis.gc(), 100)
const told = call => Promise.race([call().then(() => 'an answer', error => error.name), sleep(3000, 'still waiting')])
const sdk = () => new Shippo({ apiKeyHeader: 'key', serverURL: url, timeoutMs: 500 }).addresses.create({ country: 'DE' })
const init = () => ({ method: 'POST', body: '{}', signal: AbortSignal.timeout(500) })
const kept = new Set()
const keep = request => (kept.add(request), request)
const seen = {
  shippo: await told(sdk),
  'fetch of a clone': await told(() => fetch(new Request(url, init()).clone())),
  'fetch of a Request that nobody keeps': await told(() => fetch(new Request(url, init()))),
  'fetch of a Request that is kept': await told(() => fetch(keep(new Request(url, init())))),
  'fetch with the signal': await told(() => fetch(url, init())),
}
console.log('shippo 2.18.0, Node', process.version, seen)
const expected = ['still waiting', 'still waiting', 'still waiting', 'TimeoutError', 'TimeoutError']
const same = JSON.stringify(Object.values(seen)) === JSON.stringify(expected)
console.log(same ? 'as described: its own timeout is lost' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node --expose-gc run.mjs
