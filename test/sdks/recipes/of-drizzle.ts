import { sql, type SQL } from 'drizzle-orm'

/** Drizzle: `db.transaction(async tx => completeWithin(ofDrizzle(tx), answer))`. */
export const ofDrizzle = (tx: { execute: (query: SQL) => PromiseLike<unknown> }) => ({
  query: async (text: string, values: unknown[]) => {
    // Each second part is the number of a parameter.
    const chunks = text
      .split(/\$(\d+)/)
      .map((part, at) => (at % 2 === 0 ? sql.raw(part) : sql`${sql.param(values[Number(part) - 1])}`))
    const result = await tx.execute(sql.join(chunks))
    return Array.isArray(result) ? { rows: result } : (result as { rows: unknown[] })
  },
})
