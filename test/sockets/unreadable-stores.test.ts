import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { tempFolder } from '../stores/temp-folder.ts'
import { startBuyer } from './buyers.ts'
import { CART, openClient, orders, told } from './clients.ts'
import { creates, startServer } from './server.ts'
import type { TestServer } from './server.ts'
import { fileWithOpenRecord, storeAt, withDatabase } from './stores.ts'
import { allOf } from './traces.ts'

const EXECUTED = { outcome: 'executed', data: { order: 9 } }

function operationOn(server: TestServer, path: string) {
  return orders(openClient('ky', server.origin, { store: storeAt(path) }))
}

describe('a store that cannot be read: nothing is sent, and what became of the operation is not known', () => {
  test('its folder is missing; when it is there the operation goes on', async () => {
    const server = await startServer([creates])
    const path = join(tempFolder(), 'not yet', 'store.db')
    const operation = operationOn(server, path)
    const end = await operation.start(CART).settled
    expect(end).toMatchObject({ outcome: 'unknown', error: { code: 'store-failed', outcome: 'unknown' } })
    expect(allOf(end.error)).toContain('does not exist, or may not be entered')
    expect(server.connections).toBe(0)

    mkdirSync(dirname(path))
    expect(await told(operation)).toEqual(EXECUTED)
    expect(server.effects).toBe(1)
  })

  test('it is a folder', async () => {
    const server = await startServer([creates])
    expect(await told(operationOn(server, tempFolder()))).toEqual({
      outcome: 'unknown',
      code: 'store-failed',
    })
    expect(server.connections).toBe(0)
  })

  test.each<[string, (path: string) => void]>([
    ['is no database', path => writeFileSync(path, 'Dear diary, '.repeat(1_000))],
    ['is of a newer version', path => withDatabase(path, db => db.exec('PRAGMA user_version = 2'))],
    ['is of another application', path => withDatabase(path, db => db.exec('PRAGMA application_id = 7'))],
    ['is damaged', path => writeFileSync(path, readFileSync(path).fill(0xff, 4_096))],
  ])('its file %s: store-corrupt, and the file stays as it is', async (_name, spoil) => {
    const path = await fileWithOpenRecord()
    spoil(path)
    const bytes = readFileSync(path)
    const server = await startServer([creates])
    expect(await told(operationOn(server, path))).toEqual({
      outcome: 'unknown',
      code: 'store-corrupt',
    })
    expect(server.connections).toBe(0)
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })
})

describe('a file that this process may read, or may not even read', () => {
  test('a read-only file in a read-only folder: nothing is sent', async () => {
    const path = await fileWithOpenRecord()
    chmodSync(path, 0o444)
    chmodSync(dirname(path), 0o555)
    const bytes = readFileSync(path)
    const server = await startServer([creates])
    const { end } = await startBuyer(server, path, { as: 'nobody' }).purchase
    expect(end).toEqual({ outcome: 'unknown', code: 'store-failed' })
    expect(server.connections).toBe(0)
    expect(readFileSync(path).equals(bytes)).toBe(true)
  })

  test('a folder that may not be entered: nothing is sent', async () => {
    const path = await fileWithOpenRecord()
    chmodSync(dirname(path), 0o000)
    const server = await startServer([creates])
    const { end } = await startBuyer(server, path, { as: 'nobody' }).purchase
    chmodSync(dirname(path), 0o755)
    expect(end).toEqual({ outcome: 'unknown', code: 'store-failed' })
    expect(server.connections).toBe(0)
  })
})

describe('a record that cannot be understood is neither sent nor overwritten', () => {
  const spoilt: readonly (readonly [string, (record: Record<string, unknown>) => string])[] = [
    ['is cut', record => JSON.stringify(record).slice(0, -20)],
    ['is nothing', () => ''],
    ['is of a newer format', record => JSON.stringify({ ...record, v: 2 })],
    ['has no key', record => JSON.stringify({ ...record, key: undefined })],
    ['counts backwards', record => JSON.stringify({ ...record, ambiguous: -1 })],
    ['is in no known state', record => JSON.stringify({ ...record, state: 'probably fine' })],
    ['is of another operation', record => JSON.stringify({ ...record, id: 'cart-43' })],
    ['is of another user', record => JSON.stringify({ ...record, scope: 'user-8' })],
    ['is hostile', record => JSON.stringify(record).replace('"v":1', '"__proto__":{"v":1}')],
  ]

  test.each(spoilt)('one that %s', async (_name, spoil) => {
    const path = await fileWithOpenRecord()
    const value = withDatabase(path, db => {
      const text = spoil(JSON.parse(valueIn(db)) as Record<string, unknown>)
      db.prepare('UPDATE records SET value = ?').run(text)
      return text
    })
    const server = await startServer([creates])
    const operation = operationOn(server, path)
    expect(await told(operation)).toEqual({ outcome: 'unknown', code: 'store-corrupt' })
    expect(server.connections).toBe(0)
    expect(withDatabase(path, valueIn)).toBe(value)

    await expect(operation.forget(CART)).rejects.toMatchObject({ code: 'store-corrupt' })
    await operation.forget(CART, { force: true })
    expect(await told(operation)).toEqual(EXECUTED)
    expect(server.effects).toBe(1)
  })

  function valueIn(db: DatabaseSync): string {
    return String(db.prepare('SELECT value FROM records').get()?.['value'])
  }
})
