import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { expect, onTestFinished, test } from 'vitest'
import { startPayments } from './harness/payments.ts'
import { startPostgres } from './harness/postgres-server.ts'

/* A service of one host becomes one of many: the line that makes its store is another, and nothing else is. */

const ON_SQLITE = 'const store = sqliteStore(process.env.STORE)'
const ON_POSTGRES = 'const store = postgresStore(new pg.Pool({ connectionString: process.env.STORE }))'

const SRC = new URL('../../src/entries/', import.meta.url)
const SERVICE = `
import pg from '${import.meta.resolve('pg')}'
import { createClient, ietf } from '${new URL('index.ts', SRC).href}'
import { postgresStore } from '${new URL('postgres.ts', SRC).href}'
import { sqliteStore } from '${new URL('sqlite.ts', SRC).href}'

${ON_SQLITE}
const client = createClient({ http: { baseUrl: process.env.PAYMENTS }, store, scope: 'billing', profile: ietf })
const pay = client.operation({
  name: 'pay',
  id: ({ order }) => order,
  request: input => ({ method: 'post', url: 'payments', json: input }),
})
const paid = []
for (const order of ['o1', 'o2', 'o1']) paid.push(await pay.run({ order }))
console.log(JSON.stringify(paid))
process.exit()
`

/** What the page on many hosts shows for a migration of one's own. */
function sqlOfThePage(): string {
  const page = readFileSync(new URL('../../docs/many-hosts.md', import.meta.url), 'utf8')
  return /```sql\n([^`]+)```/.exec(page)?.[1] ?? ''
}

test('a service moves from sqliteStore to postgresStore by one line, on tables that the SQL of the page has made', async () => {
  const folder = mkdtempSync('/tmp/stillonce-one-line-')
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const server = await startPostgres()
  onTestFinished(server.stop)
  const database = new Client({ connectionString: server.url })
  await database.connect()
  await database.query(sqlOfThePage())
  await database.end()

  async function runTwice(name: string, service: string, store: string): Promise<readonly unknown[]> {
    const payments = await startPayments(() => false)
    onTestFinished(payments.close)
    const program = join(folder, `${name}.mjs`)
    writeFileSync(program, service)
    const env = { ...process.env, STORE: store, PAYMENTS: payments.url, NODE_COMPILE_CACHE: folder }
    const run = async () => {
      const { stdout } = await promisify(execFile)(process.execPath, ['--no-warnings', program], { env })
      return JSON.parse(stdout) as unknown
    }
    return [await run(), await run(), Object.fromEntries(payments.effects)]
  }

  const paid = [
    { order: 'o1', charge: 'ch_1' },
    { order: 'o2', charge: 'ch_2' },
    { order: 'o1', charge: 'ch_1' },
  ]
  const told = [paid, paid, { o1: 1, o2: 1 }]
  expect(await runTwice('sqlite', SERVICE, join(folder, 'records.db'))).toEqual(told)
  expect(await runTwice('postgres', SERVICE.replace(ON_SQLITE, ON_POSTGRES), server.url)).toEqual(told)
})
