/** An open database file, as `node:sqlite` has it (Node, Deno, Bun 1.4). */
export interface SqliteDatabase {
  exec(sql: string): void
  prepare(sql: string): Statement
  /** The file's path without symbolic links. */
  location(): string | null
  readonly isTransaction: boolean
  /** Closes the database: its statements end, and its locks are free. */
  close(): void
}

export interface Statement {
  get(...values: readonly SqlValue[]): Row | undefined
  all(...values: readonly SqlValue[]): readonly Row[]
  run(...values: readonly SqlValue[]): { readonly changes: number | bigint }
}

export type SqlValue = string | number | null
type Row = Record<string, unknown>
