#!/usr/bin/env bash
# Three libraries that retry a function tell that it timed out, or was aborted, and go on with it: the try that is under way may end in a
# failure, and then they start the next one, though nobody waits for it any more.
# Seen with @lifeomic/attempt 3.1.0 (`timeout`), retry-as-promised 7.1.1 (`timeout`, the retries of Sequelize) and @humanwhocodes/retry
# 0.4.3 (`signal`, the retries of ESLint) on Node 20 and 24: a POST that is answered 503 twice and makes the charge at the third time: the
# caller is told "timed out" in the first try, or "aborted" in the second, and the charge is made afterwards. (@humanwhocodes/retry does
# not hear of what is aborted in the first try at all: it resolves.) p-retry 6.2.1 (`signal`), ts-retry-promise 0.8.1 (`timeout`):
# nothing after they told.
# Why it matters: who is told so asks whether the charge is there, finds none, and makes it: under another key it is there twice. A lock
# that was given back on the failure is another one's when the next try runs.
# What reads otherwise: the README of @lifeomic/attempt, by which a time-out aborts all further attempts, and that of @humanwhocodes/retry,
# by which the signal cancels the retry.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent @lifeomic/attempt@3.1.0 retry-as-promised@7.1.1 @humanwhocodes/retry@0.4.3 p-retry@6.2.1 ts-retry-promise@0.8.1
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { Retrier } from '@humanwhocodes/retry'
import pRetry from 'p-retry'

const require = createRequire(import.meta.url)
const attempt = require('@lifeomic/attempt')
const { retryAsPromised } = require('retry-as-promised')
const tsRetryPromise = require('ts-retry-promise')
const pause = ms => new Promise(done => setTimeout(done, ms))
// The number of the try that is slow; the signal is aborted when that try has reached the server.
const libraries = {
  '@lifeomic/attempt': [1, pay => attempt.retry(pay, { maxAttempts: 4, delay: 10, timeout: 300 })],
  'retry-as-promised': [1, pay => retryAsPromised(pay, { max: 4, backoffBase: 10, timeout: 300 })],
  '@humanwhocodes/retry': [2, (pay, signal) => new Retrier(() => true).retry(pay, { signal })],
  '@humanwhocodes/retry, aborted in the first try': [1, (pay, signal) => new Retrier(() => true).retry(pay, { signal })],
  'p-retry': [2, (pay, signal) => pRetry(pay, { retries: 3, minTimeout: 10, maxTimeout: 10, signal })],
  'ts-retry-promise': [1, pay => tsRetryPromise.retry(pay, { retries: 3, delay: 10, timeout: 300 })],
}
const seen = []
for (const [name, [slow, retry]] of Object.entries(libraries)) {
  let posts = 0
  let charges = 0
  const controller = new AbortController()
  let hasTold
  const isTold = new Promise(done => (hasTold = done))
  const server = createServer((request, response) => {
    request.resume().on('end', async () => {
      const number = ++posts
      if (number === slow) {
        controller.abort(new Error('aborted'))
        await Promise.race([isTold, pause(2000)])
      }
      if (number === 3) charges++
      response.writeHead(number < 3 ? 503 : 201).end()
    })
  })
  await new Promise(done => server.listen(0, '127.0.0.1', done))
  const pay = async () => {
    const { ok, status } = await fetch(`http://127.0.0.1:${server.address().port}/charges`, { method: 'POST' })
    if (!ok) throw new Error(`answered ${status}`)
  }
  const told = await retry(pay, controller.signal).then(() => 'resolved', error => `rejected (${error.message})`)
  const before = `${posts} POSTs, ${charges} charges`
  hasTold()
  await pause(3000)
  server.closeAllConnections()
  server.close()
  console.log(`${name}: ${told} after ${before}; in the end ${posts} POSTs, ${charges} charges`)
  seen.push(`${told.slice(0, 8)}, ${before}; ${posts}, ${charges}`)
}
const same = seen.join(' | ') === ['rejected, 1 POSTs, 0 charges; 3, 1', 'rejected, 1 POSTs, 0 charges; 3, 1', 'rejected, 2 POSTs, 0 charges; 3, 1',
  'resolved, 3 POSTs, 1 charges; 3, 1', 'rejected, 2 POSTs, 0 charges; 2, 0', 'rejected, 1 POSTs, 0 charges; 1, 0'].join(' | ')
console.log(same ? 'as described: the charge is made after its failure was told' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 60 node run.mjs
