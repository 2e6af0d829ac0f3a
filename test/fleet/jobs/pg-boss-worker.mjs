import pg from 'pg'
import { PgBoss } from 'pg-boss'
import { createClient, ietf } from 'stillonce'
import { postgresStore } from 'stillonce/postgres'
import { chargeOf } from './charge.mjs'

const { DATABASE_URL = '', PAYMENTS_URL = '' } = process.env
// Without the listeners for errors a connection that is lost ends the process.
const pool = new pg.Pool({ connectionString: DATABASE_URL, max: 4 }).on('error', console.error)
const store = postgresStore(pool)
await store.migrate()
const client = createClient({
  http: { baseUrl: PAYMENTS_URL },
  store,
  scope: 'billing',
  profile: ietf,
  timeout: 2_000,
  deadline: 20_000,
})
const charge = chargeOf(client)

const boss = new PgBoss({
  connectionString: DATABASE_URL,
  monitorIntervalSeconds: 1,
  superviseIntervalSeconds: 1,
})
boss.on('error', console.error)
await boss.start()
await boss.work('charges', { pollingIntervalSeconds: 0.5 }, async ([job]) => {
  const end = await charge.start({ id: job.id }).settled
  if (end.outcome === 'executed') return end.data
  // Asking again changes nothing: the card was declined. The job ends, and says so.
  if (end.outcome === 'not-executed' && end.error.reason === 'declined')
    return { declined: end.error.message }
  throw end.error
})
