#!/usr/bin/env bash
# Firefox rejects the fetch of a page that is being reloaded, and lets the page's code hear of it: what retries on a failed
# fetch sends the POST again from a page that is about to go, and nobody hears the answer.
# Seen with Firefox 153.8.0 ESR (Debian 12), driven over WebDriver BiDi by puppeteer-core 25.16.0, beside Chromium
# 156.0.8078.108: the server has the POST and does not answer; the page is reloaded. Firefox: the `catch` runs and its
# second POST arrives. Chromium: one POST.
# Why it matters: a reload by the user while a payment is out is two deliveries, made by the page's own retry. The
# idempotency key has to be written down before the first send, and be the same in all of them.
set -eu
firefox=$(command -v firefox-esr || true)
chromium=$(command -v chromium || true)
[ -n "$firefox" ] && [ -n "$chromium" ] || { echo "needs both: apt-get install firefox-esr chromium"; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent puppeteer-core@25.16.0
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { launch } from 'puppeteer-core'

const posts = []
const server = createServer((request, response) => {
  if (request.method === 'POST') return void posts.push(request.url)
  response.writeHead(200, { 'content-type': 'text/html' }).end('<title>page</title>')
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
const origin = `http://localhost:${server.address().port}`

async function reloads(browser) {
  const page = await browser.newPage()
  await page.goto(origin)
  const heard = []
  for (let round = 0; round < 5; round++) {
    posts.length = 0
    await page.evaluate(() => void fetch('/first', { method: 'POST' }).catch(() => fetch('/retry', { method: 'POST' })))
    while (posts.length === 0) await new Promise(done => setTimeout(done, 10))
    await page.reload()
    await new Promise(done => setTimeout(done, 500))
    heard.push(posts.includes('/retry'))
  }
  const version = await browser.version()
  await browser.close()
  console.log(`${version}: of 5 reloads ${heard.filter(Boolean).length} sent a second POST from the page that went`)
  return heard.filter(Boolean).length
}

const firefox = await reloads(await launch({ browser: 'firefox', executablePath: process.argv[2], headless: true, userDataDir: `${process.cwd()}/ff`, env: { ...process.env, HOME: process.cwd() } }))
const chromium = await reloads(await launch({ executablePath: process.argv[3], headless: true, args: ['--no-sandbox', '--disable-dev-shm-usage'] }))
server.closeAllConnections()
server.close()
const same = firefox > 0 && chromium === 0
console.log(same ? 'as described' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 180 node run.mjs "$firefox" "$chromium"
