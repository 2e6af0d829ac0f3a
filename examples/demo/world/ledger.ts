import { DatabaseSync } from 'node:sqlite'

/** What payments knows of a key. `status` and `body` are its answer, once there is one. */
export type KnownKey = {
  readonly payload: string
  readonly status: number | null
  readonly body: string | null
}

export type LedgerCount = {
  /** How often each order was charged. */
  readonly charges: Readonly<Record<string, number>>
  /** Orders that the bank refused for good. */
  readonly declined: readonly string[]
}

/** The ledger of payments: what was charged, and the answers that belong to keys. One key, one charge. */
export function openLedger(file: string) {
  const db = new DatabaseSync(file)
  db.exec(`
    pragma journal_mode = wal;
    pragma synchronous = normal;
    create table keys (
      key text primary key, order_id text not null, payload text not null, status integer, body text
    ) strict;
    create table charges (id integer primary key, order_id text not null, key text unique) strict;
    create table refusals (order_id text not null) strict;
  `)
  const claim = db.prepare('insert or ignore into keys (key, order_id, payload) values (?, ?, ?)')
  const byKey = db.prepare('select payload, status, body from keys where key = ?')
  const byOrder = db.prepare('select payload, status, body from keys where order_id = ? order by rowid desc')
  const charge = db.prepare('insert into charges (order_id, key) values (?, ?)')
  const refuse = db.prepare('insert into refusals (order_id) values (?)')
  const answer = db.prepare('update keys set status = ?, body = ? where key = ?')

  return {
    /** Writes the key down before the work begins; false where it is there already. */
    claim: (key: string, order: string, payload: string) => claim.run(key, order, payload).changes === 1,
    byKey: (key: string) => byKey.get(key) as KnownKey | undefined,
    byOrder: (order: string) => byOrder.get(order) as KnownKey | undefined,
    /** The charge and the answer to its key, in one transaction. */
    charge(order: string, key: string | undefined, answerOf: (charge: string) => string): string {
      db.exec('begin')
      const body = answerOf(`ch_${charge.run(order, key ?? null).lastInsertRowid}`)
      if (key !== undefined) answer.run(201, body, key)
      db.exec('commit')
      return body
    },
    refuse(order: string, key: string | undefined, body: string): void {
      db.exec('begin')
      refuse.run(order)
      if (key !== undefined) answer.run(402, body, key)
      db.exec('commit')
    },
    count(): LedgerCount {
      const charged = db.prepare('select order_id, count(*) as times from charges group by order_id').all()
      const declined = db.prepare('select distinct order_id from refusals').all()
      return {
        charges: Object.fromEntries(charged.map(row => [String(row['order_id']), Number(row['times'])])),
        declined: declined.map(row => String(row['order_id'])),
      }
    },
  }
}
