#!/usr/bin/env bash
# fast-mutex locks across tabs by localStorage: write, read back, and who reads its own name has the lock. Chromium keeps a copy of
# localStorage in each process and tells the others later, so two tabs that ask at the same moment both read their own name.
# Seen with fast-mutex 1.0.2 in Chromium 156.0.8078.108 (Debian 12), driven by puppeteer-core 25.16.0, bundled by esbuild 0.28.2: two tabs
# ask at the same millisecond and hold the lock for 100 ms: 20 times in 20 both have it at once; asked at random within 40 ms, 2 in 20. By
# `navigator.locks` of the browser, and by idb-mutex 0.11.0: never.
# Why it matters: tabs ask together where something wakes them together, a restored session or a message to all of them: the case of its
# README. Two tabs then send the one order that was kept. Only a lock of the browser, or a transaction of IndexedDB, is one for all tabs.
# Source: HTML standard, Web storage: authors must assume no locking between documents of different processes.
set -eu
chromium=$(command -v chromium || command -v chromium-browser || true)
[ -n "$chromium" ] || {
  echo 'needs Chromium: apt-get install chromium'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent puppeteer-core@25.16.0 esbuild@0.28.2 fast-mutex@1.0.2 idb-mutex@0.11.0
cat >page.mjs <<'PROGRAM'
import FastMutex from 'fast-mutex'
import Mutex from 'idb-mutex'

const fast = new FastMutex()
const inDatabase = new (Mutex.default ?? Mutex)('order-51')
const locks = {
  'fast-mutex': async work => {
    await fast.lock('order-51')
    await work()
    await fast.release('order-51')
  },
  'idb-mutex': async work => {
    await inDatabase.lock()
    await work()
    await inDatabase.unlock()
  },
  'navigator.locks': work => navigator.locks.request('order-51', work),
}
new BroadcastChannel('restored').onmessage = async ({ data: { name, at } }) => {
  await new Promise(done => setTimeout(done, at - Date.now() - 8))
  while (Date.now() < at); // timers differ by some milliseconds
  let held
  await locks[name](async () => {
    held = { from: Date.now() }
    await new Promise(done => setTimeout(done, 100))
    held.to = Date.now()
  })
  window.held = held
}
PROGRAM
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { build } from 'esbuild'
import { launch } from 'puppeteer-core'

const { outputFiles } = await build({ entryPoints: ['page.mjs'], bundle: true, write: false, logLevel: 'error' })
const server = createServer((request, response) => {
  response.setHeader('content-type', request.url === '/page.js' ? 'text/javascript' : 'text/html')
  response.end(request.url === '/page.js' ? outputFiles[0].text : '<title>page</title><script src="/page.js"></script>')
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
const browser = await launch({ executablePath: process.argv[2], args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] })
const open = async path => {
  const page = await browser.newPage()
  await page.goto(`http://localhost:${server.address().port}${path}`)
  return page
}
const tabs = [await open('/'), await open('/')]
const third = await open('/page.js') // asks for no lock
const rounds = 20
async function timesBoth(name) {
  let both = 0
  for (let round = 0; round < rounds; round++) {
    await Promise.all(tabs.map(tab => tab.evaluate(() => delete window.held)))
    await third.evaluate(name => new BroadcastChannel('restored').postMessage({ name, at: Date.now() + 60 }), name)
    const [one, two] = await Promise.all(tabs.map(tab => tab.waitForFunction(() => window.held, { polling: 20 }).then(held => held.jsonValue())))
    // More than the clocks of two processes differ by.
    if (Math.min(one.to, two.to) - Math.max(one.from, two.from) > 30) both++
  }
  console.log(`${name}: both tabs at once ${both} times in ${rounds}`)
  return both
}
console.log(await browser.version())
const fast = await timesBoth('fast-mutex')
const others = (await timesBoth('idb-mutex')) + (await timesBoth('navigator.locks'))
await browser.close()
server.close()
server.closeAllConnections()
const same = fast > 0 && others === 0
console.log(same ? 'as described: a lock of two' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 120 node run.mjs "$chromium"
