import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { openCheckout } from './open-checkout.ts'

/*
 * npm run checkout [-- --port N] [-- --data FOLDER]: a shop to break. The ledger outlives it, as the browser's
 * records do. It takes three ports in a row; with 0, any.
 */
const { values } = parseArgs({ options: { port: { type: 'string' }, data: { type: 'string' } } })
const port = Number(values.port ?? 4173)
if (!Number.isInteger(port) || port < 0 || port > 65_533) fail('--port takes a whole number up to 65533.')
const data = values.data ?? fileURLToPath(new URL('.data', import.meta.url))

const { url, close } = await openCheckout({
  ledger: join(data, 'ledger.sqlite'),
  outDir: join(data, 'page'),
  ...(port === 0 ? {} : { port }),
}).catch((error: unknown) => {
  if (!isPortTaken(error)) throw error
  return fail(`Port ${error.port} is taken. Another one: npm run checkout -- --port ${port + 10}`)
})
process.stdout.write(`
  The checkout is open:  ${url}

  Lose the answer, click twice, reload, stop the server and start it later:
  plain fetch with retries charges twice, stillonce once. Both ledgers are on the page.
  Ctrl+C ends it.

`)
process.once('SIGINT', () => void close().then(() => process.exit(0)))

function fail(message: string): never {
  process.stderr.write(`${message}\n`)
  process.exit(1)
}

function isPortTaken(error: unknown): error is { readonly port: number } {
  return error instanceof Error && 'code' in error && error.code === 'EADDRINUSE' && 'port' in error
}
