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

/** Opened when it is first used: a build only loads this file. */
function database() {
  opened ??= new DatabaseSync('shop.db', { timeout: 5_000 })
  opened.exec(
    'create table if not exists charges (id integer primary key, purchase text not null unique) strict',
  )
  return opened
}

/** A key guards one press; the unique order guards a second device: it is answered with the charge that is there. */
export function charge(order: string): Charge {
  database().prepare('insert into charges (purchase) values (?) on conflict do nothing').run(order)
  const made = database().prepare('select id from charges where purchase = ?').get(order)
  return { charge: `ch_${made?.['id']}`, order }
}

export function charges(): Charge[] {
  const rows = database().prepare('select id, purchase from charges order by id').all()
  return rows.map(({ id, purchase }) => ({ charge: `ch_${id}`, order: String(purchase) }))
}
