import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openCheckout } from './open-checkout.ts'

/* `npm run checkout [-- --port N]`: a shop to break. The ledger outlives it, as the browser's records do. */
const inFolder = (path: string) => fileURLToPath(new URL(path, import.meta.url))

const { values } = parseArgs({ options: { port: { type: 'string' } } })
const port = Number(values.port ?? 4173)

const { url, close } = await openCheckout({
  ledger: inFolder('.data/ledger.sqlite'),
  outDir: inFolder('.data/page'),
  port,
})
process.stdout.write(`
  The checkout is open:  ${url}

  Break the network with a switch, press Pay five times, reload in mid-flight,
  open it in a second tab: the ledger beside it shows one charge.
  Ctrl+C ends it.

`)
process.once('SIGINT', () => void close().then(() => process.exit(0)))
process.once('SIGTERM', () => void close().then(() => process.exit(0)))
