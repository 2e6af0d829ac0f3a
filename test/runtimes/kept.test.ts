import { readFileSync } from 'node:fs'
import { describe, expect, onTestFinished, test } from 'vitest'
import { newFolder, startRuntime, type RuntimeName } from './harness/runtimes.ts'
import { scriptedServer } from './harness/scripted-server.ts'

/* The process is killed while the server is at work, and started again on the same file. */

/** Where something outlives the process; in workerd a Durable Object, with the store of durable-object-store.mjs. */
const KEEPS = [
  ['bun', 'sqlite'],
  ['bun-1.3', 'sqlite'],
  ['deno', 'sqlite'],
  ['workerd', 'object'],
] as const

async function start(name: RuntimeName, origin: string, folder: string) {
  const runtime = await startRuntime(name, { origin, folder })
  onTestFinished(runtime.kill)
  return runtime
}

describe.each(KEEPS)('%s with %s, killed between request and answer', (name, store) => {
  test.each(['fetch', 'ky'])('goes on under the same key, by %s: one payment', async layer => {
    const server = await scriptedServer()
    const folder = newFolder()
    const call = { layer, profile: 'ietf', store, path: '/killed' }
    server.script('/killed', 'hang', 'answer')
    const before = await start(name, server.origin, folder)
    const delivered = server.delivered('/killed')
    before.ask('pay', call).catch(() => {})
    await delivered
    await before.kill()

    const after = await start(name, server.origin, folder)
    expect(await after.ask('pending', call)).toEqual([{ id: '/killed', state: 'pending' }])
    expect(await after.ask('pay', call)).toMatchObject([
      { outcome: 'executed', data: { id: 1 }, replayed: true },
    ])
    expect([server.deliveries('/killed'), server.executed('/killed')]).toEqual([2, 1])
    expect(new Set(server.keys('/killed')).size).toBe(1)
  })

  test('sends nothing again where the server honours no keys: unknown', async () => {
    const server = await scriptedServer()
    const folder = newFolder()
    const call = { layer: 'fetch', profile: 'noKeys', store, path: '/killed' }
    server.script('/killed', 'hang', 'answer')
    const before = await start(name, server.origin, folder)
    const delivered = server.delivered('/killed')
    before.ask('pay', call).catch(() => {})
    await delivered
    await before.kill()

    const after = await start(name, server.origin, folder)
    expect(await after.ask('pay', call)).toMatchObject([{ outcome: 'unknown' }])
    expect([server.deliveries('/killed'), server.executed('/killed')]).toEqual([1, 1])
  })
})

test('workerd has no SQLite on files: a configuration error says so, before anything is sent', async () => {
  const runtime = await startRuntime('workerd', { origin: 'http://127.0.0.1:1' })
  onTestFinished(runtime.kill)
  expect(await runtime.ask('sqlite')).toMatchObject({
    code: 'configuration',
    message: expect.stringContaining('sqliteStore: needs SQLite on files'),
  })
})

test('the store that docs/runtimes.md shows for a Durable Object is the one that is tested here', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8')
  expect(read('../../docs/runtimes.md')).toContain(read('subject/durable-object-store.mjs'))
})
