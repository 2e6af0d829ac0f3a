import { postgresStore } from 'stillonce/postgres'
import type { Pool } from 'pg'

/** What the two databases say in the end. */
export type Books = {
  readonly orders: number
  readonly charges: number
  /** Charges beyond the first of an order. */
  readonly doubled: number
  /** Orders without a charge, and orders that their customer was told of and that are not there. */
  readonly lost: number
  /** Charges of orders that are not there. */
  readonly unordered: number
}

export async function openBooks(orders: Pool, payments: Pool): Promise<void> {
  await Promise.all([postgresStore(orders).migrate(), postgresStore(payments).migrate()])
  await orders.query('CREATE TABLE orders (id text, amount int)')
  await payments.query(
    'CREATE TABLE charges (id serial, order_id text, amount int, at timestamptz DEFAULT now())',
  )
}

/** How many charges are to be made yet. */
export async function openCharges(orders: Pool): Promise<number> {
  const { rows } = await orders.query<{ readonly count: number }>(
    "SELECT count(*)::int AS count FROM stillonce_records WHERE open AND id LIKE 'so1/%'",
  )
  return rows[0]?.count ?? 0
}

export async function closeBooks(orders: Pool, payments: Pool, accepted: Iterable<string>): Promise<Books> {
  const placed = await orders.query<{ readonly id: string; readonly amount: number }>(
    'SELECT id, amount FROM orders',
  )
  const made = await payments.query<{ readonly id: string; readonly amount: number }>(
    'SELECT order_id AS id, amount FROM charges',
  )
  const amounts = new Map(placed.rows.map(({ id, amount }) => [id, amount]))
  const charged = new Map<string, number>()
  for (const { id, amount } of made.rows)
    if (amount === amounts.get(id)) charged.set(id, (charged.get(id) ?? 0) + 1)
  const known = [...charged.values()].reduce((sum, count) => sum + count, 0)
  const withoutCharge = placed.rows.filter(({ id }) => !charged.has(id)).length
  const vanished = [...accepted].filter(id => !amounts.has(id)).length
  return {
    orders: placed.rows.length,
    charges: made.rows.length,
    doubled: known - charged.size + (placed.rows.length - amounts.size),
    lost: withoutCharge + vanished,
    unordered: made.rows.length - known,
  }
}

/** When each charge was made, epoch ms. */
export async function chargeTimes(payments: Pool): Promise<number[]> {
  const { rows } = await payments.query<{ readonly at: Date }>('SELECT at FROM charges ORDER BY at')
  return rows.map(({ at }) => at.getTime())
}
