import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import react from '@vitejs/plugin-react'
import type { AliasOptions } from 'vite'
import { memoryStore } from 'stillonce'
import { sqliteStore } from 'stillonce/sqlite'
import { build, preview } from 'vite'
import { backOffice } from './server/back-office.ts'
import type { Controls } from './server/faults.ts'
import { createFaults } from './server/faults.ts'
import { openLedger } from './server/ledger.ts'
import { paymentServer } from './server/payments.ts'

export type Checkout = {
  readonly url: string
  /** What the controls on the page do. */
  readonly turn: (controls: Controls) => Promise<void>
  readonly close: () => Promise<void>
}

const HOST = '127.0.0.1'

/** Starts the payment server, its back office and the shop: three origins, as in life. */
export async function openCheckout(options: {
  /** The ledger's file, or `:memory:`. */
  readonly ledger: string
  /** Where the built page goes. */
  readonly outDir: string
  /** Of the shop; the servers take the two after it. Default: any. */
  readonly port?: number
  readonly alias?: AliasOptions
}): Promise<Checkout> {
  const beside = (name: string) => (options.ledger === ':memory:' ? ':memory:' : `${options.ledger}.${name}`)
  const ledgers = { stillonce: openLedger(options.ledger), plain: openLedger(beside('plain')) }
  // The first press shows what it is for.
  const faults = createFaults('lose-answer')
  let stopped = false
  let paymentPort = 0

  // The keys outlive a restart as the ledger does: `stillonce/server` remembers them in a file of its own.
  const keys =
    options.ledger === ':memory:' ? memoryStore({ maxSettled: Infinity }) : sqliteStore(beside('keys'))
  const { server: payments, idle } = paymentServer({
    ledgers,
    keys,
    faults,
    isStopped: () => stopped,
    onDelivery: () => office.publish(),
  })
  let turned = Promise.resolve()
  // One after another: a server that is being stopped is not started before it has stopped.
  const turn = (next: Controls) => {
    turned = obey(next, turned)
    return turned
  }
  const obey = async (next: Controls, before: Promise<void>) => {
    await before
    if (next.fault !== faults.chosen()) faults.choose(next.fault)
    stopped = next.stopped
    if (stopped) await stop(payments)
    else if (!payments.listening) await listen(payments, paymentPort)
    office.publish()
  }
  const office = backOffice(ledgers, () => ({ fault: faults.chosen(), stopped }), turn)
  const { port } = options
  // The same as last time: an operation is never sent to another target than it was begun for.
  paymentPort = await listen(payments, port === undefined ? 0 : port + 1)
  const officePort = await listen(office.server, port === undefined ? 0 : port + 2)

  const root = fileURLToPath(new URL('page', import.meta.url))
  const code = readFileSync(join(root, 'plain-fetch.ts'), 'utf8')
  await build({
    root,
    configFile: false,
    logLevel: 'warn',
    plugins: [react()],
    resolve: { alias: options.alias ?? [] },
    define: {
      PAYMENTS_URL: JSON.stringify(`http://${HOST}:${paymentPort}/`),
      OFFICE_URL: JSON.stringify(`http://${HOST}:${officePort}/`),
      PLAIN_CODE: JSON.stringify(code.slice(code.indexOf('/**'))),
    },
    build: {
      outDir: options.outDir,
      emptyOutDir: true,
      chunkSizeWarningLimit: 1_000,
      // How long a plugin took is of no use to who wants to see a shop.
      rolldownOptions: { checks: { pluginTimings: false } },
    },
  })
  const shop = await preview({
    root,
    configFile: false,
    logLevel: 'warn',
    build: { outDir: options.outDir },
    preview: { host: HOST, port: port ?? 0, strictPort: true },
  })
  const shopPort = (shop.httpServer.address() as AddressInfo).port
  return {
    url: `http://${HOST}:${shopPort}/`,
    turn,
    close: async () => {
      await shop.close()
      await Promise.all([payments, office.server].map(stop))
      await idle()
      await keys.close?.()
      for (const ledger of Object.values(ledgers)) ledger.close()
    },
  }
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, HOST)
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

async function stop(server: Server): Promise<void> {
  if (!server.listening) return
  server.closeAllConnections()
  server.close()
  await once(server, 'close')
}
