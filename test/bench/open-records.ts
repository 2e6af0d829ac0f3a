import pg from 'pg'
import { createClient, ietf, memoryStore } from '../../src/entries/core.ts'
import { fetchTransport } from '../../src/entries/fetch.ts'
import { postgresStore } from '../../src/entries/postgres.ts'
import { openDatabase } from '../../src/stores/sqlite/file.ts'
import { prepareStatements } from '../../src/stores/sqlite/statements.ts'
import { applySet } from '../../src/stores/sqlite/transaction.ts'
import { orderOf, PATH, type Order } from './contestants/contestant.ts'

/** Half of all open operations are one customer's, the others those of so many more. */
const OTHERS = 500

const ID = '4242424242'

/** A record as it is while its answer is lost, and its runner gone; the id stands in it where `ID` does. */
async function openRecord(): Promise<{ readonly key: string; readonly value: string }> {
  const store = memoryStore()
  const transport = fetchTransport({
    baseUrl: 'http://shop.test/',
    fetch: async () => {
      throw new Error('lost')
    },
  })
  const client = createClient({ store, scope: 'SCOPE', profile: ietf, transport, retry: { attempts: 1 } })
  const placeOrder = client.operation({
    name: 'place-order',
    id: () => ID,
    persist: 'request',
    request: (order: Order) => ({ method: 'post', url: PATH, json: order }),
  })
  await placeOrder.start(orderOf(1)).settled
  const { done, value } = await store.listOpen('')[Symbol.asyncIterator]().next()
  if (done === true) throw new Error('nothing is open')
  return value
}

function scopeOf(number: number): string {
  return number % 2 === 0 ? 'giant' : `user-${number % OTHERS}`
}

/** Written by the store's own statements, in one transaction. */
export async function fillSqlite(path: string, count: number): Promise<void> {
  const { key, value } = await openRecord()
  const db = openDatabase(path)
  const transaction = { statements: prepareStatements(db), nowAt: Date.now(), last: 0, hasWritten: false }
  db.exec('BEGIN')
  for (let number = 0; number < count; number += 1) {
    const own = (text: string) => text.replace('SCOPE', scopeOf(number)).replace(ID, String(number))
    applySet(transaction, own(key), own(value), { expected: null, open: true })
  }
  transaction.statements.advanceSequence.run(transaction.last)
  db.exec('COMMIT')
  db.close()
}

/** By one statement. */
export async function fillPostgres(url: string, count: number): Promise<void> {
  const { key, value } = await openRecord()
  const pool = new pg.Pool({ connectionString: url, max: 1 })
  const store = postgresStore(pool)
  await store.migrate()
  await pool.query('DELETE FROM stillonce_records')
  const own = (parameter: string) =>
    `replace(replace(${parameter}::text, 'SCOPE', scope), '${ID}', number::text)`
  await pool.query(
    `INSERT INTO stillonce_records (id, value, version, place, open)
      SELECT ${own('$1')}, ${own('$2')}, number::text, nextval('stillonce_records_places'), true
      FROM (SELECT number, CASE WHEN number % 2 = 0 THEN 'giant' ELSE 'user-' || number % ${OTHERS} END AS scope
        FROM generate_series(0, $3::int - 1) AS number) AS numbered`,
    [key, value, count],
  )
  await pool.query('VACUUM ANALYZE stillonce_records')
  await store.close?.()
  await pool.end()
}
