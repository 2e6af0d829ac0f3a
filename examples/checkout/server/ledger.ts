import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** Money that moved: one row a key, and the key is the primary key. */
export type Charge = {
  readonly key: string
  readonly cart: string
  readonly amount: number
  readonly at: number
}

/** A request as it reached the network in front of the server, and what became of it. */
export type Delivery = {
  readonly id: number
  readonly at: number
  readonly method: string
  readonly cart: string
  readonly key: string
  readonly fate: string
}

/** What the page is shown of a ledger. */
export type Books = { readonly charges: readonly Charge[]; readonly deliveries: readonly Delivery[] }

export type Ledger = {
  /** Charges, unless this key has done so before: a primary key decides, not a look before. */
  readonly charge: (charge: Omit<Charge, 'at'>) => void
  readonly note: (delivery: Omit<Delivery, 'id' | 'at'>) => void
  /** The latest of each, latest first. */
  readonly books: () => Books
  readonly close: () => void
}

const SCHEMA = `
  create table if not exists charge (
    key text primary key, cart text not null, amount integer not null, at integer not null
  ) strict;
  create table if not exists delivery (
    id integer primary key, at integer not null, method text not null, cart text not null,
    key text not null, fate text not null
  ) strict;
`

export function openLedger(path: string): Ledger {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
  const database = new DatabaseSync(path)
  database.exec(SCHEMA)
  const insert = database.prepare(
    'insert into charge (key, cart, amount, at) values (?, ?, ?, ?) on conflict do nothing',
  )
  const all = database.prepare('select key, cart, amount, at from charge order by at desc limit 200')
  const noted = database.prepare('insert into delivery (at, method, cart, key, fate) values (?, ?, ?, ?, ?)')
  const latest = database.prepare('select * from delivery order by id desc limit 200')
  return {
    charge: ({ key, cart, amount }) => void insert.run(key, cart, amount, Date.now()),
    note: ({ method, cart, key, fate }) => void noted.run(Date.now(), method, cart, key, fate),
    books: () => ({ charges: all.all() as Charge[], deliveries: latest.all() as Delivery[] }),
    close: () => database.close(),
  }
}
