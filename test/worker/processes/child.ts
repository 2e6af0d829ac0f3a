/** A service with a worker: `child.ts <file> <url>`. SIGTERM stops the worker, and then ends the process. */
import { createClient, ietf } from '../../../src/entries/core.ts'
import { fetchTransport } from '../../../src/entries/fetch.ts'
import { sqliteStore } from '../../../src/entries/sqlite.ts'
import { startWorker } from '../../../src/entries/worker.ts'
import { charge } from './charge.ts'

const [path = '', baseUrl = ''] = process.argv.slice(2)
const client = createClient({
  transport: fetchTransport({ baseUrl }),
  store: sqliteStore(path),
  scope: 'service',
  profile: ietf,
})
client.operation(charge)
const worker = startWorker(client, { shutdownWithin: 300, concurrency: 4 })
const { stopped } = worker
void stopped.then(what => process.send?.(what))
