import type { DatabaseSync } from 'node:sqlite'
import { configurationError } from '../../public/errors.ts'
import { bunDatabase, type BunSqlite } from './bun-database.ts'
import type { SqliteDatabase } from './database.ts'

type NodeSqlite = { readonly DatabaseSync: typeof DatabaseSync }

type OpenDatabase = (path: string) => SqliteDatabase

/**
 * How this runtime opens a SQLite file. The runtime's modules decide, never its name. Throws a `configuration` error
 * if there is no SQLite: workers do have the module `node:sqlite`, but its constructor throws. A database never waits
 * for a lock itself: see patience.ts.
 */
export function databaseOpener(): OpenDatabase {
  return (opener ??= findOpener())
}

let opener: OpenDatabase | undefined

function findOpener(): OpenDatabase {
  const node: NodeSqlite | undefined = builtin('node:sqlite')
  const bun: BunSqlite | undefined = builtin('bun:sqlite')
  if (node !== undefined && works(() => new node.DatabaseSync(':memory:').close()))
    return path => new node.DatabaseSync(path, { timeout: 0 })
  if (bun !== undefined) return path => bunDatabase(bun, path)
  throw configurationError(
    'sqliteStore',
    'needs SQLite on files, which this runtime has neither as node:sqlite (Node 22.13, Deno 2.2, Bun 1.4) nor as bun:sqlite',
  )
}

function builtin(name: 'node:sqlite'): NodeSqlite | undefined
function builtin(name: 'bun:sqlite'): BunSqlite | undefined
function builtin(name: string): unknown {
  return globalThis.process?.getBuiltinModule?.(name)
}

function works(work: () => void): boolean {
  try {
    work()
    return true
  } catch {
    return false
  }
}
