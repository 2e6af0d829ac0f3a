#!/usr/bin/env bash
# In Chromium a page that was left, and is kept to come back to, keeps its Web Locks; the first question that another page
# asks about them (`navigator.locks.query()`, which takes nothing) throws it out of the back-forward cache.
# Seen with Chromium 156.0.8078.108 (Debian 12), driven by puppeteer-core 25.16.0: a page takes a lock and is left. Back
# without a question: the same page, still running. Back after a query by another tab: loaded anew, `notRestoredReasons`
# says "weblocks-contention", and the lock is free.
# Why it matters: a page that asks who holds a lock, to show that another tab is at work, costs the user what that other
# tab had in memory. Let go of locks on `pagehide`, and read again what is stored on `pageshow`, or on load.
# Source: https://developer.mozilla.org/docs/Web/API/Performance_API/Monitoring_bfcache_blocking_reasons
set -eu
chromium=$(command -v chromium || command -v chromium-browser || true)
[ -n "$chromium" ] || { echo "needs Chromium: apt-get install chromium"; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent puppeteer-core@25.16.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { connect, launch } from 'puppeteer-core'

const server = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<title>page</title>'))
await new Promise(done => server.listen(0, '127.0.0.1', done))
const origin = `http://localhost:${server.address().port}`
const own = await launch({
  executablePath: process.argv[2],
  // Puppeteer turns the cache off.
  ignoreDefaultArgs: true,
  args: ['--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--remote-debugging-port=0', `--user-data-dir=${process.cwd()}/profile`, 'about:blank'],
})
const browser = await connect({ browserWSEndpoint: own.wsEndpoint(), defaultViewport: null })
const other = await browser.newPage()
await other.goto(origin)

async function leave(ask) {
  const page = await browser.newPage()
  await page.goto(origin)
  await page.evaluate(() => new Promise(taken => navigator.locks.request('report', () => (taken(), new Promise(end => (window.end = end))))))
  await page.goto(`${origin}/elsewhere`)
  if (ask) await other.evaluate(() => navigator.locks.query().then(() => {}))
  await new Promise(done => setTimeout(done, 1_000))
  await page.evaluate(() => history.back()).catch(() => {})
  let end
  for (let tries = 0; tries < 100 && end === undefined; tries++) {
    await new Promise(done => setTimeout(done, 100))
    end = await page.evaluate(() => location.pathname !== '/' ? undefined : { same: 'end' in window, reasons: (performance.getEntriesByType('navigation')[0].notRestoredReasons?.reasons ?? []).map(({ reason }) => reason) }).catch(() => undefined)
  }
  await page.close()
  return end
}

const quiet = await leave(false)
const asked = await leave(true)
console.log(await browser.version())
console.log('nobody asked: ', JSON.stringify(quiet))
console.log('after a query:', JSON.stringify(asked))
await own.close()
server.close()
const same = quiet?.same === true && asked?.same === false && asked.reasons.includes('weblocks-contention')
console.log(same ? 'as described' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 120 node run.mjs "$chromium"
