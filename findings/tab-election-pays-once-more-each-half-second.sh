#!/usr/bin/env bash
# tab-election lets one tab of a site do the work for all: the others call its methods. A call whose receipt does not come within half a
# second is sent again, and the leader, which was only busy, runs each of them. Where the leader is still getting ready, the calls of two
# tabs overwrite each other: they go by their number, and each tab counts from one.
# Seen with tab-election 4.2.8 in Chromium 156.0.8078.108 (Debian 12), driven by puppeteer-core 25.16.0, bundled by esbuild 0.28.2: the
# leader's thread is busy for 1.7 s, another tab calls pay(20) once: it runs four times, the call resolves with the first. A leader that takes
# a second to get ready, pay(20) by one tab, then pay(99) by another: only 99 runs; the first has no end within 5 s.
# Why it matters: the leader was chosen so that an order goes out once, however many tabs there are. A long task on its page (a list that is
# drawn, a tab that was asleep) makes more of it. The call must carry the order's key, and the method look whether that key is at work.
# What reads otherwise: its README: "call an API" on the leader; the comment at that place: "assume the leader is dead".
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
npm install --no-audit --no-fund --ignore-scripts --silent puppeteer-core@25.16.0 esbuild@0.28.2 tab-election@4.2.8
cat >page.mjs <<'PROGRAM'
import { Tab } from 'tab-election'

window.join = name => {
  window.tab = new Tab(name)
}
window.lead = readyMs => {
  window.paid = []
  const pay = amount => `charge ${window.paid.push(amount)} of ${amount}`
  void window.tab.waitForLeadership(async () => {
    await new Promise(done => setTimeout(done, readyMs))
    return { pay }
  })
}
window.call = amount => {
  window.told = 'no end'
  window.tab.call('pay', amount).then(end => (window.told = end), error => (window.told = `error: ${error.message}`))
}
PROGRAM
cat >run.mjs <<'PROGRAM'
import { createServer } from 'node:http'
import { build } from 'esbuild'
import { launch } from 'puppeteer-core'

const pause = ms => new Promise(done => setTimeout(done, ms))
const { outputFiles } = await build({ entryPoints: ['page.mjs'], bundle: true, write: false, logLevel: 'error' })
const server = createServer((request, response) => {
  response.setHeader('content-type', request.url === '/page.js' ? 'text/javascript' : 'text/html')
  response.end(request.url === '/page.js' ? outputFiles[0].text : '<title>page</title><script src="/page.js"></script>')
})
await new Promise(done => server.listen(0, '127.0.0.1', done))
const browser = await launch({ executablePath: process.argv[2], args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'] })
async function join(name) {
  const page = await browser.newPage()
  await page.goto(`http://localhost:${server.address().port}/`)
  await page.evaluate(name => window.join(name), name)
  return page
}
const told = page => page.evaluate(() => window.told)
const paid = page => page.evaluate(() => window.paid.join())
async function whileBusy(ms) {
  const leader = await join(`busy for ${ms}`)
  await leader.evaluate(() => window.lead(0))
  await pause(300)
  const other = await join(`busy for ${ms}`)
  await pause(300)
  await leader.evaluate(ms => void setTimeout(() => {
    const until = Date.now() + ms
    while (Date.now() < until);
  }, 50), ms)
  await pause(200)
  await other.evaluate(() => window.call(20))
  await pause(3_000)
  return `runs: ${await paid(leader)}; told: ${await told(other)}`
}
async function whileGettingReady() {
  const leader = await join('getting ready')
  await leader.evaluate(() => window.lead(1_000))
  const others = [await join('getting ready'), await join('getting ready')]
  await others[0].evaluate(() => window.call(20))
  await pause(50)
  await others[1].evaluate(() => window.call(99))
  await pause(5_000)
  return `runs: ${await paid(leader)}; told: ${(await Promise.all(others.map(told))).join(', ')}`
}
const seen = { 'a leader at rest': await whileBusy(0), 'busy for 1.7 s': await whileBusy(1_700), 'getting ready': await whileGettingReady() }
console.log(await browser.version(), seen)
await browser.close()
server.close()
server.closeAllConnections()
const same = seen['a leader at rest'] === 'runs: 20; told: charge 1 of 20'
  && /^runs: 20(,20)+; told: charge 1 of 20$/.test(seen['busy for 1.7 s'])
  && seen['getting ready'] === 'runs: 99; told: no end, charge 1 of 99'
console.log(same ? 'as described: one call, several runs, or none' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 120 node run.mjs "$chromium"
