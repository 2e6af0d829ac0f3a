#!/usr/bin/env bash
# A page that Firefox keeps while the user is elsewhere, and shows again on Back, is never told how an IndexedDB transaction ended that was
# under way when it was left: no `complete`, no `abort`, no `error`, from the transaction or its request. What it wrote is not there.
# Seen with Firefox 153.8.0 ESR (Debian 12), driven over WebDriver BiDi by puppeteer-core 25.16.0, beside Chromium 156.0.8078.108: a page
# begins a `readwrite` transaction in `pagehide`, is left and comes back, `pageshow` with `persisted` true. Firefox: nothing is heard of the
# transaction within 5 s, also where the same handler called `abort()`; the store is empty; a new transaction works. Chromium: "complete"
# and the note is there; after `abort()`: "abort".
# Why it matters: a promise around the transaction never settles, and a call that waits for it, to note a payment before it is sent or after
# it was answered, never ends in a page that runs on. Settle what is open by hand on `pageshow`, as unknown, and read the store anew.
# What reads otherwise: the Indexed Database API, by which each transaction ends in one of the two events.
set -eu
firefox=$(command -v firefox-esr || true)
chromium=$(command -v chromium || true)
[ -n "$firefox" ] && [ -n "$chromium" ] || {
  echo 'needs both: apt-get install firefox-esr chromium'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent puppeteer-core@25.16.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { connect, launch } from 'puppeteer-core'

const pause = ms => new Promise(done => setTimeout(done, ms))
const server = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<title>page</title>'))
await new Promise(done => server.listen(0, '127.0.0.1', done))
const origin = `http://localhost:${server.address().port}`

async function look(browser, abort) {
  const page = await browser.newPage()
  await page.goto(origin)
  await page.evaluate(async abort => {
    window.heard = []
    const request = indexedDB.open('shop', 1)
    request.onupgradeneeded = () => request.result.createObjectStore('orders')
    window.db = await new Promise(done => request.addEventListener('success', () => done(request.result)))
    addEventListener('pageshow', ({ persisted }) => persisted && heard.push('shown again'))
    addEventListener('pagehide', () => {
      const transaction = db.transaction('orders', 'readwrite')
      // An error or an end of the request comes up to the transaction.
      for (const type of ['complete', 'abort', 'error']) transaction.addEventListener(type, () => heard.push(type))
      transaction.objectStore('orders').put('paying', `order-51 ${abort}`).addEventListener('success', () => heard.push('success'))
      if (abort) transaction.abort()
    })
  }, abort)
  await page.goto(`${origin}/elsewhere`)
  await page.evaluate(() => history.back()).catch(() => {})
  await pause(5_000)
  const told = await page.evaluate(async abort => {
    const request = db.transaction('orders').objectStore('orders').get(`order-51 ${abort}`)
    const kept = await new Promise(done => request.addEventListener('success', () => done(request.result)))
    return `${heard.toSorted().join(', ')}; in the store: ${kept}`
  }, abort)
  await page.close()
  return told
}
const seen = []
async function inBoth(browser) {
  for (const abort of [false, true]) {
    seen.push(await look(browser, abort))
    console.log(`${await browser.version()}${abort ? ', aborted' : ''}: ${seen.at(-1)}`)
  }
}
const firefox = await launch({ browser: 'firefox', executablePath: process.argv[2], headless: true, userDataDir: `${process.cwd()}/firefox` })
await inBoth(firefox)
await firefox.close()
const own = await launch({
  executablePath: process.argv[3],
  // Puppeteer turns the cache of pages off.
  ignoreDefaultArgs: true,
  args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--remote-debugging-port=0', `--user-data-dir=${process.cwd()}/chromium`, 'about:blank'],
})
await inBoth(await connect({ browserWSEndpoint: own.wsEndpoint(), defaultViewport: null }))
await own.close()
server.close()
server.closeAllConnections()
const expected = [
  'shown again; in the store: undefined',
  'shown again; in the store: undefined',
  'complete, shown again, success; in the store: paying',
  'abort, error, shown again; in the store: undefined',
]
const same = seen.join('|') === expected.join('|')
console.log(same ? 'as described: a transaction without an end' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 120 node run.mjs "$firefox" "$chromium"
