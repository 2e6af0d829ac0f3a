import { copyFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createIdempotency } from '../../src/entries/server.ts'
import type { KeyNotice } from '../../src/entries/server.ts'
import { sqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { tempFolder } from '../stores/temp-folder.ts'
import { atKey, post, told } from './trial-server.ts'

/* A file that is taken away under a running server: what it remembered is gone, and no key is executed again on its word. */

function remove(path: string): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${path}${suffix}`)
}

async function servedFrom(path: string) {
  const store = sqliteStore(path)
  const before = sqliteStore(path)
  await before.set('warm', 'x', { expected: null, open: false })
  const events: KeyNotice['type'][] = []
  const once = createIdempotency({ store, scope: 'shop', onEvent: ({ type }) => events.push(type) })
  let runs = 0
  // Told in whole seconds: before every file that is made now.
  const sentAt = new Date(Date.now() - 2_000).toUTCString()
  const send = (key: string, during: () => void = () => {}, isTold = true) =>
    told(
      once.handle(post(key, isTold ? { headers: { 'idempotency-first-sent': sentAt } } : {}), () => {
        during()
        return Response.json({ run: (runs += 1) }, { status: 201 })
      }),
    )
  const close = () => Promise.all([before.close?.(), store.close?.()])
  return { once, send, events, close, runs: () => runs }
}

test.each<[how: string, take: (path: string) => void]>([
  ['removed', remove],
  ['moved away', path => renameSync(path, `${path}.old`)],
  [
    'put back from a copy',
    path => {
      remove(path)
      copyFileSync(`${path}.copy`, path)
    },
  ],
])('a file that is %s under its server: keys first sent before that are refused', async (_, take) => {
  const path = join(tempFolder(), 'keys.db')
  const first = sqliteStore(path)
  await first.set('warm', 'y', { expected: null, open: false })
  await first.close?.()
  copyFileSync(path, `${path}.copy`)
  const { once, send, close, runs } = await servedFrom(path)
  expect(await send('k1', undefined, false)).toMatchObject({ status: 201 })
  take(path)
  // Whoever meets it first may be told that the store is not there.
  expect([412, 503]).toContain((await send('k2')).status)
  for (const key of ['k2', 'k1', 'k2'])
    expect(await send(key), key).toMatchObject({ status: 412, code: 'key-expired' })
  expect(await told(once.status(atKey('k3')))).toMatchObject({ status: 404, code: 'key-unknown' })
  expect(await send('k4', undefined, false)).toMatchObject({ status: 201 })
  expect(runs()).toBe(2)
  await close()
})

test('a file that is removed while a handler runs: its client gets its answer, now and again', async () => {
  const path = join(tempFolder(), 'keys.db')
  const { send, events, close, runs } = await servedFrom(path)
  expect(await send('k1', () => remove(path), false)).toMatchObject({ status: 201, body: { run: 1 } })
  expect(await send('k1', undefined, false)).toMatchObject({ status: 201, body: { run: 1 }, replayed: true })
  expect(runs()).toBe(1)
  expect(events).toEqual(['claimed', 'completed', 'replayed'])
  await close()
})

test('a log that is removed: nothing more is written where nobody finds it', async () => {
  const path = join(tempFolder(), 'keys.db')
  const store = sqliteStore(path)
  await store.set('k1', 'x', { expected: null, open: true })
  rmSync(`${path}-wal`)
  await expect(store.set('k2', 'x', { expected: null, open: true })).rejects.toThrow('was moved or removed')
  await store.set('k2', 'x', { expected: null, open: true })
  const other = sqliteStore(path)
  expect([await other.get('k1'), await other.get('k2')]).toMatchObject([{ value: 'x' }, { value: 'x' }])
  await other.close?.()
  await store.close?.()
})

test('that nothing is stored is not read from a file that was removed', async () => {
  const path = join(tempFolder(), 'keys.db')
  const store = sqliteStore(path)
  await store.set('k1', 'x', { expected: null, open: true })
  remove(path)
  const other = sqliteStore(path)
  await other.set('k2', 'y', { expected: null, open: true })
  await expect(store.get('k2')).rejects.toMatchObject({ kind: 'failed', reason: 'lost' })
  expect(await store.get('k2')).toMatchObject({ value: 'y' })
  await other.close?.()
  await store.close?.()
})

test('nor by any of many reads of one turn', async () => {
  const path = join(tempFolder(), 'keys.db')
  const store = sqliteStore(path)
  await store.set('k1', 'x', { expected: null, open: true })
  const before = ['k2', 'k3'].map(key => store.get(key))
  remove(path)
  const reads = [...before, ...['k4', 'k5'].map(key => store.get(key))]
  const lost = { status: 'rejected', reason: { kind: 'failed', reason: 'lost' } }
  expect(await Promise.allSettled(reads)).toMatchObject([lost, lost, lost, lost])
  expect(await Promise.all(['k2', 'k3'].map(key => store.get(key)))).toEqual([undefined, undefined])
  await store.close?.()
})
