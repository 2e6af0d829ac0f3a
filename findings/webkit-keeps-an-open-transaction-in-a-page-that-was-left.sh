#!/usr/bin/env bash
# WebKit keeps a page that is left in the middle of an IndexedDB transaction, to come back to, and the transaction with it. Every other tab
# of the site that reads the same store waits, until somebody goes back to that page.
# Seen with WebKitGTK 2.50.6 (Debian 12, MiniBrowser), driven by selenium-webdriver 4.49.0: a page begins a `readwrite` transaction in
# `pagehide` and is left. A read in another tab has no answer within 4 s; after Back, to the same page, that read answers. With
# `transaction.abort()` at the end of the same handler, the read answers at once.
# Why it matters: a page that notes how a payment stands writes just then, because its fetch fails as it is left. The tab in which the user
# goes on cannot read what was noted, and it depends on a page that nobody sees. Give the reading a time limit, and take its end for "not
# known", never for "nothing noted"; abort on `pagehide` what is still open.
# What reads otherwise: the Indexed Database API, by which a transaction with no request to come commits by itself.
set -eu
driver=$(command -v WebKitWebDriver || true)
[ -n "$driver" ] && command -v Xvfb >/dev/null || {
  echo 'needs WebKitGTK, its driver and a display: apt-get install webkit2gtk-driver xvfb'
  exit 2
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
npm init -y >/dev/null
npm install --no-audit --no-fund --ignore-scripts --silent selenium-webdriver@4.49.0
cat >run.mjs <<'PROGRAM'
import { spawn } from 'node:child_process'
import { createServer } from 'node:http'
import { createServer as createSocket } from 'node:net'
import { Builder, Capabilities } from 'selenium-webdriver'

const pause = ms => new Promise(done => setTimeout(done, ms))
const listen = server => new Promise(done => server.listen(0, '127.0.0.1', () => done(server.address().port)))
const server = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<title>page</title>'))
const origin = `http://127.0.0.1:${await listen(server)}`
const socket = createSocket()
const port = await listen(socket)
await new Promise(done => socket.close(done))

const screen = spawn('Xvfb', ['-displayfd', '1', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp'], { stdio: ['ignore', 'pipe', 'ignore'] })
const display = await new Promise(done => screen.stdout.once('data', text => done(String(text).trim())))
const settings = { DISPLAY: `:${display}`, GSETTINGS_BACKEND: 'memory', NO_AT_BRIDGE: '1', WEBKIT_DISABLE_COMPOSITING_MODE: '1' }
const child = spawn(process.argv[2], [`--port=${port}`], { stdio: 'ignore', env: { ...process.env, ...settings } })
process.on('exit', () => [child, screen].forEach(each => each.kill()))
for (let tries = 0; tries < 100 && !(await fetch(`http://127.0.0.1:${port}/status`).then(({ ok }) => ok, () => false)); tries++) await pause(100)
const browser = await new Builder().usingServer(`http://127.0.0.1:${port}`).withCapabilities(new Capabilities({ browserName: 'MiniBrowser' })).build()

const open = `
  const done = arguments[arguments.length - 1]
  const request = indexedDB.open('shop', 1)
  request.onupgradeneeded = () => request.result.createObjectStore('orders')
  request.onsuccess = () => {
    window.db = request.result
    done()
  }`
const tab = async name => {
  await browser.switchTo().newWindow('window')
  await browser.get(origin)
  await browser.executeAsyncScript(open)
  return browser.getWindowHandle()
}
const read = async () => {
  await browser.executeScript(`
    window.answer = 'waits'
    const request = db.transaction('orders').objectStore('orders').get('order-51')
    request.onsuccess = () => {
      window.answer = 'answers'
    }`)
}
const answer = async () => {
  let told
  for (let tries = 0; tries < 40 && told !== 'answers'; tries++) {
    await pause(100)
    told = await browser.executeScript('return window.answer')
  }
  return told
}
async function look(abort) {
  const other = await tab()
  const left = await tab()
  await browser.executeScript(`
    window.mark = 'the same page'
    addEventListener('pagehide', () => {
      const transaction = db.transaction('orders', 'readwrite')
      transaction.objectStore('orders').put('paying', 'order-51')
      if (${abort}) transaction.abort()
    })`)
  await browser.get(`${origin}/elsewhere`)
  await browser.switchTo().window(other)
  await read()
  const before = await answer()
  await browser.switchTo().window(left)
  await browser.navigate().back()
  let back = null
  for (let tries = 0; tries < 50 && back === null; tries++) {
    await pause(100)
    back = await browser.executeScript(`return location.pathname === '/' ? (window.mark ?? 'loaded anew') : null`).catch(() => null)
  }
  await browser.switchTo().window(other)
  return `the other tab ${before}; after Back, to ${back}, it ${await answer()}`
}
const seen = { 'left open': await look(false), aborted: await look(true) }
console.log('WebKitGTK', (await browser.getCapabilities()).get('browserVersion'), seen)
await browser.quit()
server.close()
server.closeAllConnections()
const same = seen['left open'] === 'the other tab waits; after Back, to the same page, it answers'
  && seen.aborted === 'the other tab answers; after Back, to the same page, it answers'
console.log(same ? 'as described: a page that was left keeps the others from reading' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 120 node run.mjs "$driver"
