import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { bunDatabase } from '../../src/stores/sqlite/bun-database.ts'

/* Which SQLite a runtime has is asked of the runtime, when the store is made; see docs/runtimes.md. */

beforeEach(() => {
  vi.resetModules()
})
afterEach(() => {
  vi.restoreAllMocks()
})

async function storeWhere(builtins: Readonly<Record<string, object>>) {
  const real = process.getBuiltinModule.bind(process)
  vi.spyOn(process, 'getBuiltinModule').mockImplementation((name: string) =>
    name.endsWith(':sqlite') ? builtins[name] : real(name),
  )
  const { sqliteStore } = await import('../../src/stores/sqlite/sqlite-store.ts')
  return () => sqliteStore('operations.db')
}

function Illegal(): never {
  throw new TypeError('Illegal constructor')
}

test.each([
  ['has no SQLite', {}],
  ['has the module alone, as workers do', { 'node:sqlite': { DatabaseSync: Illegal } }],
])(
  'a runtime that %s is told so by a configuration error that names what is missing',
  async (_, builtins) => {
    const make = await storeWhere(builtins)
    expect(make).toThrow(expect.objectContaining({ code: 'configuration', outcome: 'not-executed' }))
    expect(make).toThrow('sqliteStore: needs SQLite on files')
  },
)

test('a runtime that has bun:sqlite alone opens nothing before the first use', async () => {
  const make = await storeWhere({ 'bun:sqlite': { Database: Illegal } })
  expect(make()).toBeDefined()
})

test('on bun:sqlite close ends each statement: one that is left keeps the file open, with its locks', () => {
  const left = new Set<string>()
  class Database {
    inTransaction = false
    exec() {}
    close() {}
    prepare(sql: string) {
      left.add(sql)
      const finalize = () => left.delete(sql)
      return { get: () => null, all: () => [], run: () => ({ changes: 0 }), finalize }
    }
  }
  const db = bunDatabase({ Database }, 'operations.db')
  db.prepare('SELECT 1').get()
  db.location()
  db.close()
  expect([...left]).toEqual([])
})
