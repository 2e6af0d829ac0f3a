import { CompiledQuery, type Transaction } from 'kysely'

/** Kysely: `db.transaction().execute(async trx => completeWithin(ofKysely(trx), answer))`. */
export const ofKysely = <Tables>(trx: Transaction<Tables>) => ({
  query: (text: string, values: unknown[]) => trx.executeQuery(CompiledQuery.raw(text, values)),
})
