import { DatabaseSync } from 'node:sqlite'
import express from 'express'
import { createIdempotency } from 'stillonce/server'
import { idempotent, nodeListener } from 'stillonce/server/node'
import { sqliteStore } from 'stillonce/sqlite'

const TOTALS = { 'order-1': 1_999, 'order-2': 4_500, 'order-3': 990_000 } // the last is more than the card gives
const shop = new DatabaseSync('shop.db', { timeout: 5_000 })
shop.exec('create table if not exists charges (id integer primary key, purchase text not null unique) strict')

function charges() {
  const rows = shop.prepare('select id, purchase from charges order by id').all()
  return rows.map(({ id, purchase }) => ({ charge: `ch_${id}`, order: purchase }))
}

/** A key guards one press; the unique order guards a second device: it is answered with the charge that is there. */
function charge(id) {
  shop.prepare('insert into charges (purchase) values (?) on conflict do nothing').run(id)
  return charges().find(({ order }) => order === id)
}

const once = createIdempotency({
  store: sqliteStore('keys.db'), // shared by all processes that serve these keys
  scope: () => 'customer-7', // in life: the user of the session, once it is verified
})

const app = express()
app.use(express.static('page'), express.json())
app.get('/api/charges', (_, response) => response.json(charges()))
app.post(
  '/api/charges',
  idempotent(once, (request, response) => {
    const { id } = request.body
    if (TOTALS[id] === undefined) return response.status(404).json({ message: 'There is no such order.' })
    if (TOTALS[id] > 100_000) return response.status(402).json({ message: 'Your card was declined.' })
    response.status(201).json(charge(id))
  }),
)
// The key's own URL: what became of it, and its seal, which the client's `cancel` asks for.
app.get('/api/charges/by-key/:key', nodeListener(once.status))
app.delete('/api/charges/by-key/:key', nodeListener(once.seal))

app.listen(Number(process.env.PORT ?? 3000))
