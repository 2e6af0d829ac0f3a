/// <reference types="emscripten" />
import { PGlite } from '@electric-sql/pglite'
import { postgresStore } from '../../src/stores/postgres/postgres-store.ts'

/** A PostgreSQL within this process, with the store's tables. */
export async function openPGlite(): Promise<PGlite> {
  const database = await PGlite.create()
  await postgresStore(database).migrate()
  return database
}
