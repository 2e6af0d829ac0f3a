/** An open database file, with the interface of `node:sqlite` (Node, Deno, Bun 1.4). */
export interface SqliteDatabase {
  exec(sql: string): void
  prepare(sql: string): Statement
  /** The file's path without symbolic links. */
  location(): string | null
  readonly isTransaction: boolean
  /** Closes the database, which ends its statements and releases its locks. */
  close(): void
}

export interface Statement {
  get(...values: readonly SqlValue[]): Row | undefined
  all(...values: readonly SqlValue[]): readonly Row[]
  run(...values: readonly SqlValue[]): { readonly changes: number | bigint }
}

export type SqlValue = string | number | null
type Row = Record<string, unknown>
