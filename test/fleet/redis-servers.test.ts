import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createClient, createSentinel } from 'redis'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { redisStore } from '../../src/stores/redis/redis-store.ts'
import { freePort, startServer } from './harness/child-server.ts'
import { redisProgram, startRedis, type RedisServer } from './harness/redis-server.ts'

let server: RedisServer

beforeAll(async () => {
  server = await startRedis()
})
afterAll(() => server.stop())

const NEW = { expected: null, open: true } as const

async function connected(url: string) {
  const client = createClient({ url })
  client.on('error', () => {})
  return client.connect()
}

test('a user who may not publish writes all the same: hints are not the write', async () => {
  const admin = await connected(server.url)
  await admin.sendCommand(['ACL', 'SETUSER', 'quiet', 'on', '>quiet', '~*', '+@all', 'resetchannels'])
  const client = await connected(server.url.replace('//', '//quiet:quiet@'))
  const subscriber = { subscribe: () => {}, unsubscribe: () => {} }
  const store = redisStore(client, { subscriber })
  const version = await store.set('not told', 'x', NEW)
  expect(await store.get('not told')).toEqual({ value: 'x', version })
  expect(await store.delete('not told', { expected: version ?? '' })).toBe(true)
  await Promise.all([client.close(), admin.close()])
})

test('of the claims of one turn, those of stored keys lose, and the others are listed in their order', async () => {
  const client = await connected(server.url)
  const store = redisStore(client, { prefix: 'one turn' })
  await store.set('of others', 'x', NEW)
  await store.set('b', 'was here', { expected: null, open: false })
  const versions = await Promise.all(['a', 'b', 'c', 'c', 'd'].map(key => store.set(key, `of ${key}`, NEW)))
  expect(versions.map(version => version !== undefined)).toEqual([true, false, true, false, true])
  expect(await store.get('b')).toMatchObject({ value: 'was here' })
  const open: string[] = []
  for await (const { key, value } of store.listOpen('')) open.push(`${key}: ${value}`)
  expect(open).toEqual(['of others: x', 'a: of a', 'c: of c', 'd: of d'])
  await client.close()
})

test('by a sentinel the store finds its master', async () => {
  const folder = mkdtempSync('/tmp/stillonce-sentinel-')
  const port = await freePort()
  const file = join(folder, 'sentinel.conf')
  writeFileSync(
    file,
    `port ${port}\nbind 127.0.0.1\ndir ${folder}\nsentinel monitor fleet 127.0.0.1 ${server.port} 1\n`,
  )
  const sentinel = await startServer({ program: redisProgram(), args: [file, '--sentinel'] }, async () => {
    await (await connected(`redis://127.0.0.1:${port}`)).close()
  })
  onTestFinished(async () => {
    await sentinel.stop('SIGKILL')
    rmSync(folder, { recursive: true, force: true })
  })
  const client = createSentinel({ name: 'fleet', sentinelRootNodes: [{ host: '127.0.0.1', port }] })
  client.on('error', () => {})
  await client.connect()
  const store = redisStore(client)
  const version = await store.set('by sentinel', 'x', NEW)
  expect(await store.get('by sentinel')).toEqual({ value: 'x', version })
  await client.close()
})
