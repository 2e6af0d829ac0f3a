import { PrismaPg } from '@prisma/adapter-pg'
import { sql as drizzleSql } from 'drizzle-orm'
import { drizzle } from 'drizzle-orm/node-postgres'
import { Kysely, PostgresDialect, sql as kyselySql } from 'kysely'
import { Pool } from 'pg'
import postgres from 'postgres'
import type { DatabaseTransaction } from 'stillonce/postgres'
import { PrismaClient } from '../prisma/generated/client.ts'
import { ofDrizzle } from '../recipes/of-drizzle.ts'
import { ofKysely } from '../recipes/of-kysely.ts'
import { ofPostgres } from '../recipes/of-postgres.ts'
import { ofPrisma } from '../recipes/of-prisma.ts'

/** What is done in a transaction: `insert` writes a row of the user's own, as the library does it. */
export type Work<Value> = (
  transaction: DatabaseTransaction,
  insert: (key: string) => PromiseLike<unknown>,
) => Promise<Value>

export type Library = {
  readonly inTransaction: <Value>(work: Work<Value>) => Promise<Value>
  readonly close: () => Promise<unknown>
}

/** A pool of which the connections may be lost, also within a transaction. */
export function openPool(url: string): Pool {
  return new Pool({ connectionString: url, max: 4 })
    .on('error', () => {})
    .on('connect', client => client.on('error', () => {}))
}

/** Each library of docs/transactions.md, with its recipe. */
export const LIBRARIES = {
  drizzle: url => {
    const pool = openPool(url)
    return {
      inTransaction: work =>
        drizzle(pool).transaction(tx =>
          work(ofDrizzle(tx), key => tx.execute(drizzleSql`INSERT INTO orders (key) VALUES (${key})`)),
        ),
      close: () => pool.end(),
    }
  },
  kysely: url => {
    const db = new Kysely<object>({ dialect: new PostgresDialect({ pool: openPool(url) }) })
    return {
      inTransaction: work =>
        db
          .transaction()
          .execute(trx =>
            work(ofKysely(trx), key => kyselySql`INSERT INTO orders (key) VALUES (${key})`.execute(trx)),
          ),
      close: () => db.destroy(),
    }
  },
  prisma: url => {
    const pool = openPool(url)
    const prisma = new PrismaClient({ adapter: new PrismaPg(pool) })
    return {
      inTransaction: work =>
        prisma.$transaction(tx => work(ofPrisma(tx), key => tx.order.create({ data: { key } }))),
      close: async () => {
        await prisma.$disconnect()
        await pool.end()
      },
    }
  },
  postgres: url => {
    const sql = postgres(url, { max: 4, onnotice: () => {} })
    return {
      inTransaction: async <Value>(work: Work<Value>) => {
        const [value] = await sql.begin(async tx => [
          await work(ofPostgres(tx), key => tx`INSERT INTO orders (key) VALUES (${key})`),
        ])
        return value as Value
      },
      // Without a limit it waits for ever after connections were cut.
      close: () => sql.end({ timeout: 1 }),
    }
  },
} as const satisfies Readonly<Record<string, (url: string) => Library>>
