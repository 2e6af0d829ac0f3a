import { DatabaseSync } from 'node:sqlite'

/* The shop's own data: what is ordered, and what was charged. */
export type Charge = { charge: string; order: string }

const ORDERS = [
  { id: 'order-1', total: 1_999 },
  { id: 'order-2', total: 4_500 },
  { id: 'order-3', total: 990_000 }, // more than the card gives
]

export function findOrder(id: unknown) {
  return ORDERS.find(order => order.id === id)
}

let opened: DatabaseSync | undefined

/** Opened when it is first used: `next build` only loads this file. */
function database() {
  opened ??= new DatabaseSync('shop.db', { timeout: 5_000 })
  opened.exec('create table if not exists charges (id integer primary key, purchase text not null) strict')
  return opened
}

export function charge(order: string): Charge {
  const { lastInsertRowid } = database().prepare('insert into charges (purchase) values (?)').run(order)
  return { charge: `ch_${lastInsertRowid}`, order }
}

export function charges(): Charge[] {
  const rows = database().prepare('select id, purchase from charges order by id').all()
  return rows.map(({ id, purchase }) => ({ charge: `ch_${id}`, order: String(purchase) }))
}
