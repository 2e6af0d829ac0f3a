import { DatabaseSync } from 'node:sqlite'

export type LedgerCount = {
  /** How often each order was charged. */
  readonly charges: Readonly<Record<string, number>>
  /** Orders that the bank refused for good. */
  readonly declined: readonly string[]
}

/** The ledger of payments: what was charged, and what was not. It keeps no keys, and forbids nothing. */
export function openLedger(file: string) {
  const db = new DatabaseSync(file)
  db.exec(`
    pragma journal_mode = wal;
    pragma synchronous = normal;
    create table charges (id integer primary key, order_id text not null) strict;
    create table refusals (order_id text not null) strict;
  `)
  const charge = db.prepare('insert into charges (order_id) values (?)')
  const decline = db.prepare('insert into refusals (order_id) values (?)')
  const charged = db.prepare('select id from charges where order_id = ?')
  const declined = db.prepare('select 1 from refusals where order_id = ?')
  const chargesOf = db.prepare('select order_id, count(*) as times from charges group by order_id')
  const allDeclined = db.prepare('select distinct order_id from refusals')

  return {
    charge: (order: string) => `ch_${charge.run(order).lastInsertRowid}`,
    decline: (order: string) => void decline.run(order),
    /** What became of an order that was answered 202: for whoever asks. */
    statusOf(order: string): object {
      const found = charged.get(order)
      if (found !== undefined) return { status: 'succeeded', result: { charge: `ch_${Number(found['id'])}` } }
      return { status: declined.get(order) === undefined ? 'processing' : 'failed' }
    },
    count: (): LedgerCount => ({
      charges: Object.fromEntries(
        chargesOf.all().map(row => [String(row['order_id']), Number(row['times'])]),
      ),
      declined: allDeclined.all().map(row => String(row['order_id'])),
    }),
  }
}
