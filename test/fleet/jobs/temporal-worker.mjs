import { DefaultLogger, NativeConnection, Runtime, Worker } from '@temporalio/worker'
import pg from 'pg'
import { createClient, ietf } from 'stillonce'
import { postgresStore } from 'stillonce/postgres'
import { chargeOf } from './charge.mjs'
import { activitiesOf } from './temporal.mjs'

const { TEMPORAL_ADDRESS = '', DATABASE_URL = '', PAYMENTS_URL = '' } = process.env
const store = postgresStore(new pg.Pool({ connectionString: DATABASE_URL, max: 4 }))
await store.migrate()
const client = createClient({
  http: { baseUrl: PAYMENTS_URL },
  store,
  scope: 'billing',
  profile: ietf,
  timeout: 2_000,
  deadline: 20_000,
})

Runtime.install({ logger: new DefaultLogger('ERROR'), telemetryOptions: { logging: { filter: 'ERROR' } } })
const worker = await Worker.create({
  connection: await NativeConnection.connect({ address: TEMPORAL_ADDRESS }),
  taskQueue: 'charges',
  activities: activitiesOf(chargeOf(client)),
})
// Ends with SIGTERM.
await worker.run()
process.exit()
