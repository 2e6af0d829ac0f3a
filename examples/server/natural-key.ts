import type { DatabaseSync } from 'node:sqlite'
import type { RecordStore } from 'stillonce'
import { createIdempotency } from 'stillonce/server'

type Invoice = { readonly number: string; readonly amount: number }

/*
 * Data that has a key of its own: there is one invoice of a number, whoever asks for it and however often. The
 * unique constraint makes the effect happen once, so the handler may run again after a crash: `resumable`.
 */
export function invoices(db: DatabaseSync, store: RecordStore): (request: Request) => Promise<Response> {
  db.exec('create table if not exists invoices (number text primary key, amount integer not null) strict')
  const insert = db.prepare('insert into invoices (number, amount) values (?, ?) on conflict do nothing')
  const select = db.prepare('select number, amount from invoices where number = ?')
  // One scope, for callers who trust each other: whoever knows a key can read its answer and seal it.
  const once = createIdempotency({ store, scope: 'billing', resumable: true })

  const post = async (_: Request, { input }: { readonly input: unknown }) => {
    const { number, amount } = input as Invoice
    // Ours, or that of a run before which died after it: the same either way.
    insert.run(number, amount)
    const stored = select.get(number) as Invoice
    return stored.amount === amount
      ? Response.json(stored, { status: 201, headers: { location: `/invoices/${number}` } })
      : Response.json({ code: 'number_taken' }, { status: 409 })
  }
  return once.wrap(post, { parse: 'json' })
}
