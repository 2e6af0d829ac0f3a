import type { ParameterOrJSON, TransactionSql } from 'postgres'

/** postgres (porsager): `sql.begin(async tx => completeWithin(ofPostgres(tx), answer))`. */
export const ofPostgres = (tx: TransactionSql) => ({
  query: async (text: string, values: unknown[]) => ({
    rows: await tx.unsafe(text, values as ParameterOrJSON<never>[]),
  }),
})
