import { mkdirSync, writeFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { startPostgres } from '../../test/fleet/harness/postgres-server.ts'
import { chargeTimes, closeBooks, openBooks, openCharges } from './books.ts'
import { sendCustomers } from './customers.ts'
import { pictureOf } from './picture.ts'
import { startService, type Service } from './service.ts'
import { openPool } from './transaction.ts'

/*
 * npm run services [-- --seconds N]: an orders service that charges through a payments service, three replicas of each, two
 * databases, customers who go on ordering, and somebody who kills and freezes replicas. Exits with 1 where the books differ.
 */
const REPLICAS = 3
const CUSTOMERS = 6
const PAUSE_MS = 700
/** For what is open when the customers have left. */
const HEALED_WITHIN_MS = 60_000

const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' } } })
const seconds = Number(values.seconds)
if (!Number.isSafeInteger(seconds) || seconds < 5) fail('--seconds takes a whole number of at least 5.')

console.log(
  `Orders and payments, ${REPLICAS} replicas each on a PostgreSQL each, killed at random for ${seconds} s.`,
)
// A replica that is frozen in the middle of a transaction holds its locks no longer than this.
const settings = ['idle_in_transaction_session_timeout=1500']
const [ordersServer, paymentsServer] = await Promise.all([startPostgres(settings), startPostgres(settings)])
const ordersPool = openPool(ordersServer.url)
const paymentsPool = openPool(paymentsServer.url)
const services: Service[] = []
let isFlawless = false
try {
  isFlawless = await run()
} finally {
  await Promise.all(services.map(service => service.end()))
  await Promise.all([ordersPool.end(), paymentsPool.end()])
  await Promise.all([ordersServer.stop(), paymentsServer.stop()])
}
if (!isFlawless) fail('This must not happen: an order was doubled, lost, or is still open.')

async function run(): Promise<boolean> {
  await openBooks(ordersPool, paymentsPool)
  const payments = await startService('./payments.ts', [paymentsServer.url], REPLICAS)
  services.push(payments)
  const orders = await startService('./orders.ts', [ordersServer.url, payments.url], REPLICAS)
  services.push(orders)

  const beganAt = Date.now()
  const customers = sendCustomers(orders.url, CUSTOMERS)
  const counts: Counts = { kills: 0, freezes: 0 }
  await Promise.all(services.map(service => trouble(service, beganAt + seconds * 1_000, counts)))
  await customers.leave()
  const healedBy = Date.now() + HEALED_WITHIN_MS
  let open = await openCharges(ordersPool)
  for (; open > 0 && Date.now() < healedBy; open = await openCharges(ordersPool)) await pause(100)
  const endedAt = Date.now()

  const books = await closeBooks(ordersPool, paymentsPool, customers.accepted.keys())
  console.log(`\n${counts.kills} replicas killed, ${counts.freezes} frozen\n`)
  console.table({ ...books, open, 'customers who do not know': customers.unknown.size })
  const summary = `${books.orders} orders, ${books.charges} charges, ${books.doubled} doubled, ${books.lost} lost; ${counts.kills} kills, ${counts.freezes} freezes`
  const picture = pictureOf({
    beganAt,
    endedAt,
    services: [
      { name: 'orders', events: orders.events },
      { name: 'payments', events: payments.events },
    ],
    orders: [...customers.accepted.values()],
    charges: await chargeTimes(paymentsPool),
    summary,
  })
  console.log(`\n${summary}\nThe picture: ${draw(picture)}`)
  return books.orders > 0 && books.doubled + books.lost + books.unordered + open === 0
}

type Counts = { kills: number; freezes: number }

/** Kills or freezes one replica of a service after another until the time is up: the next one when the last one is back. */
async function trouble(service: Service, until: number, counts: Counts): Promise<void> {
  for (;;) {
    await pause(PAUSE_MS * (0.5 + Math.random()))
    if (Date.now() >= until) return
    const replica = Math.floor(Math.random() * REPLICAS)
    if (Math.random() < 0.75) {
      counts.kills += 1
      await service.kill(replica)
    } else {
      counts.freezes += 1
      // Mostly longer than a lease, so that another one takes over what it holds.
      await service.freeze(replica, 500 + Math.random() * 2_500)
    }
  }
}

function draw(picture: string): string {
  const folder = new URL('./out/', import.meta.url)
  const file = fileURLToPath(new URL('services.svg', folder))
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, picture)
  return relative(process.cwd(), file)
}

function pause(ms: number): Promise<void> {
  return new Promise(resolve => {
    setTimeout(resolve, ms)
  })
}

function fail(why: string): never {
  console.error(`\n${why}`)
  process.exit(1)
}
