import { Cluster } from 'ioredis'
import { createClient, createCluster } from 'redis'
import { afterAll, beforeAll, describe, expect, inject, onTestFinished, test, vi } from 'vitest'
import type { RecordStore } from '../../src/public/store.ts'
import { redisStore, type RedisStoreOptions } from '../../src/stores/redis/redis-store.ts'
import { storeContract } from '../../src/testing/store-contract.ts'
import { startRedisCluster, type RedisCluster } from './harness/redis-cluster.ts'

/* A store in a cluster of three masters: all of its keys lie on one of them, and each library finds it. */

let cluster: RedisCluster

beforeAll(async () => {
  cluster = await startRedisCluster()
})
afterAll(() => cluster?.stop())

type Opened = { readonly store: RecordStore; readonly end: () => Promise<void> }
type Open = (prefix: string) => Promise<Opened>

const OPEN: Readonly<Record<string, Open>> = {
  redis: async prefix => {
    const made = () =>
      createCluster({ rootNodes: cluster.nodes.map(({ url }) => ({ url })) }).on('error', () => {})
    const [client, subscriber] = await Promise.all([made().connect(), made().connect()])
    return opened({ prefix, subscriber }, client, async () => {
      client.destroy()
      subscriber.destroy()
    })
  },
  ioredis: async prefix => {
    const made = () =>
      new Cluster(cluster.nodes.map(({ port }) => ({ host: '127.0.0.1', port }))).on('error', () => {})
    const [client, subscriber] = [made(), made()]
    return opened({ prefix, subscriber }, client, async () => {
      client.disconnect()
      subscriber.disconnect()
    })
  },
}

function opened(
  options: RedisStoreOptions,
  client: Parameters<typeof redisStore>[0],
  end: () => Promise<void>,
): Opened {
  return { store: redisStore(client, options), end }
}

/** Of each node, which keys it has. */
async function keysOfNodes(): Promise<readonly (readonly string[])[]> {
  return Promise.all(
    cluster.nodes.map(async ({ url }) => {
      const node = createClient({ url })
      node.on('error', () => {})
      await node.connect()
      const keys = await node.keys('*')
      await node.close()
      return keys
    }),
  )
}

const LIBRARIES = Object.entries(OPEN)
/** The client of node-redis is told the key by the store; that of ioredis finds it by itself. */
const HELD = inject('isLong') ? LIBRARIES : LIBRARIES.slice(0, 1)

describe.each(HELD)('by the cluster client of %s the store keeps the contract', (library, open) => {
  test.each(storeContract)('$name', async ({ run }) => {
    const contractOpen = async (): Promise<RecordStore> => {
      const { store, end } = await open(`contract of ${library}`)
      let closed: Promise<void> | undefined
      const close = async () => {
        await store.close?.()
        await end()
      }
      return { ...store, close: () => (closed ??= close()) }
    }
    await expect(run({ shared: true, open: contractOpen })).resolves.toBeUndefined()
  })
})

describe.each(LIBRARIES)('by the cluster client of %s', (library, open) => {
  test('stores of several prefixes lie on several nodes, each whole on one', async () => {
    const prefixes = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].map(letter => `${library} ${letter}`)
    for (const prefix of prefixes) {
      const { store, end } = await open(prefix)
      onTestFinished(end)
      const writes = Array.from({ length: 40 }, (_, at) =>
        store.set(`key ${at}`, 'x', { expected: null, open: at % 2 === 0 }),
      )
      expect((await Promise.all(writes)).filter(version => version === undefined)).toEqual([])
    }
    const nodes = await keysOfNodes()
    const nodesOf = (prefix: string) => nodes.filter(keys => keys.some(key => key.startsWith(`{${prefix}}`)))
    expect(prefixes.map(prefix => nodesOf(prefix).length)).toEqual(prefixes.map(() => 1))
    expect(new Set(prefixes.flatMap(nodesOf)).size).toBeGreaterThan(1)
  })

  test('a write is heard on another connection, whichever node that has', async () => {
    const [one, other] = await Promise.all([open(`hints of ${library}`), open(`hints of ${library}`)])
    for (const each of [one, other]) onTestFinished(each.end)
    let calls = 0
    other.store.watchAll?.(() => (calls += 1))
    let writes = 0
    // What was written before the other one listens is heard by nobody.
    await vi.waitFor(
      async () => {
        await one.store.set(`key ${(writes += 1)}`, 'x', { expected: null, open: true })
        expect(calls).toBeGreaterThan(0)
      },
      { timeout: 60_000, interval: 50 },
    )
  })
})
