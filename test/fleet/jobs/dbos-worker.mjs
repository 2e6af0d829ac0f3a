import { DBOS } from '@dbos-inc/dbos-sdk'
import pg from 'pg'
import { createClient, ietf } from 'stillonce'
import { postgresStore } from 'stillonce/postgres'
import { chargeOf } from './charge.mjs'
import { billingOf } from './dbos.mjs'

const { DATABASE_URL = '', PAYMENTS_URL = '', INVOICE = '' } = process.env
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
const billing = billingOf(chargeOf(client))

DBOS.setConfig({ name: 'billing', systemDatabaseUrl: DATABASE_URL, logLevel: 'error' })
// What another process left open goes on here.
await DBOS.launch()
if (INVOICE !== '') await DBOS.startWorkflow(billing, { workflowID: INVOICE })()
