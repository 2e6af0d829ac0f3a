#!/usr/bin/env bash
# The background sync of Workbox, and that of Serwist, which goes on from it, takes a kept request out of IndexedDB before it is sent again,
# and puts it back if that fails. A browser that is closed in between, or a worker that is stopped, leaves it nowhere.
# Seen with workbox-background-sync 7.4.1 and serwist 9.5.13 in Chromium 156.0.8078.108 (Debian 12), driven by puppeteer-core 25.16.0,
# bundled by esbuild 0.28.2: order-51 is kept; the replay begins, a connection is made, nobody has read from it yet; the browser is closed
# and started again on its profile: the queue is empty. The server has read nothing. Closed before the replay: one in the queue.
# Why it matters: the replay begins when a phone finds a bad network again, where a request takes long and a worker is stopped after some
# minutes, or the app is swiped away. The order was shown as "will be sent", and no trace of it is left, nor of its key.
# What reads otherwise: the documentation, where failed requests are kept until they have been replayed.
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
npm install --no-audit --no-fund --ignore-scripts --silent puppeteer-core@25.16.0 esbuild@0.28.2 workbox-background-sync@7.4.1 serwist@9.5.13
cat >worker.mjs <<'PROGRAM'
import { BackgroundSyncQueue } from 'serwist'
import { Queue } from 'workbox-background-sync'

addEventListener('install', () => skipWaiting())
addEventListener('activate', event => event.waitUntil(clients.claim()))
// Only what is asked for: no replay by the sync event.
const onSync = async () => {}
const queues = { workbox: new Queue('orders of workbox', { onSync }), serwist: new BackgroundSyncQueue('orders of serwist', { onSync }) }
addEventListener('message', async ({ data: { name, work, url }, ports: [port] }) => {
  const queue = queues[name]
  if (work === 'keep') await queue.pushRequest({ request: new Request(url, { method: 'POST', body: 'order-51' }) })
  if (work === 'replay') void queue.replayRequests()
  port.postMessage(await queue.size())
})
PROGRAM
cat >run.mjs <<'PROGRAM'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createSocketServer } from 'node:net'
import { build } from 'esbuild'
import { launch } from 'puppeteer-core'

const pause = ms => new Promise(done => setTimeout(done, ms))
const { outputFiles } = await build({ entryPoints: ['worker.mjs'], bundle: true, write: false, logLevel: 'error', define: { 'process.env.NODE_ENV': '"production"' } })
const server = createServer((request, response) => {
  response.setHeader('content-type', request.url === '/worker.js' ? 'text/javascript' : 'text/html')
  response.end(request.url === '/worker.js' ? outputFiles[0].text : '<title>page</title>')
}).listen(0, '127.0.0.1')
await once(server, 'listening')
// The server for orders has its hands full: connections wait, and nobody reads from them.
let isOnItsWay = false
const orders = createSocketServer({ pauseOnConnect: true }, socket => {
  isOnItsWay = true
  socket.on('error', () => {})
}).listen(0, '127.0.0.1')
await once(orders, 'listening')
async function withBrowser(name, work) {
  const browser = await launch({
    executablePath: process.argv[2],
    userDataDir: `${process.cwd()}/${name}`,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage'],
  })
  const page = await browser.newPage()
  await page.goto(`http://localhost:${server.address().port}/`)
  const end = await work(work => page.evaluate(async (name, work, url) => {
    await navigator.serviceWorker.register('/worker.js')
    const { active } = await navigator.serviceWorker.ready
    return new Promise(done => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = ({ data }) => done(data)
      active.postMessage({ name, work, url }, [port2])
    })
  }, name, work, `http://127.0.0.1:${orders.address().port}/charges`))
  await browser.close()
  return end
}
const seen = []
for (const name of ['workbox', 'serwist']) {
  isOnItsWay = false
  const kept = await withBrowser(name, ask => ask('keep'))
  const after = await withBrowser(name, async ask => {
    const size = await ask('size')
    await ask('replay')
    for (let tries = 0; tries < 100 && !isOnItsWay; tries++) await pause(50)
    return `${size}, on its way ${isOnItsWay}`
  })
  const end = await withBrowser(name, ask => ask('size'))
  seen.push(`kept ${kept}, after a restart ${after}, after a restart while it was sent ${end}`)
  console.log(`${name}: ${seen.at(-1)}`)
}
server.close()
server.closeAllConnections()
const expected = 'kept 1, after a restart 1, on its way true, after a restart while it was sent 0'
const same = seen.join('; ') === [expected, expected].join('; ')
console.log(same ? 'as described: in no storage while it is on its way' : 'changed')
process.exit(same ? 0 : 1)
PROGRAM
timeout 120 node run.mjs "$chromium"
