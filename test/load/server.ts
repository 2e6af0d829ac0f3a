import { openSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'
import { createIdempotency } from '../../src/entries/server.ts'
import { nodeListener } from '../../src/server/adapters/node.ts'
import { sqliteStore } from '../../src/entries/sqlite.ts'

/* One of the two processes under load: each effect is a line of the ledger, written whole whoever writes beside. */

const [, , file = '', ledger = '', leaseMs = ''] = process.argv
const effects = openSync(ledger, 'a')
const once = createIdempotency({ store: sqliteStore(file), scope: 'load', lease: Number(leaseMs) })

const place = once.wrap(async (request, { key }) => {
  const { n } = (await request.json()) as { readonly n: string }
  await pause(Math.random() * 3)
  writeSync(effects, `${key} ${process.pid}\n`)
  await pause(Math.random() * 3)
  return Response.json({ key, n, by: process.pid }, { status: 201 })
})

const server = createServer(
  nodeListener(request =>
    new URL(request.url).pathname === '/orders' ? place(request) : once.status(request),
  ),
)
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }))
process.on('message', () => process.send?.({ rss: process.memoryUsage.rss() }))
// Its parent is gone: nobody else ends it.
process.on('disconnect', () => process.exit())
