import { describe, expect, test } from 'vitest'
import { coreOf } from '../../src/client/client-inside.ts'
import type { RecordStore } from '../../src/public/store.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { OpenScopes } from '../../src/worker/open-scopes.ts'
import { bench } from '../api/bench/bench.ts'

/** The folders of a store, as sqliteStore and its like give them. */
function withFolders(store: RecordStore): RecordStore {
  return {
    ...store,
    openFolders: async (prefix, { after = '', limit }) => {
      const found = new Set<string>()
      for await (const { key } of store.listOpen(prefix))
        found.add(key.slice(0, key.indexOf('/', prefix.length) + 1))
      return [...found]
        .filter(folder => folder > after)
        .toSorted()
        .slice(0, limit)
    },
  }
}

describe.each([
  ['a store that tells scopes apart', withFolders],
  ['a store that cannot', (store: RecordStore) => store],
])('%s', (_, as) => {
  async function scopesWith(names: readonly string[], batchSize: number) {
    const store = memoryStore()
    const open = (name: string) => store.set(`so1/${name}`, name, { expected: null, open: true })
    for (const name of names) await open(name)
    const core = coreOf(bench({ store: as(store) }).client)
    if (core === undefined) throw new Error('no client')
    let rounds = 0
    const scopes = new OpenScopes(core, batchSize, () => (rounds += 1))
    const next = async (count: number) => {
      const found: (string | undefined)[] = []
      while (found.length < count) found.push((await scopes.next())?.record.value)
      return found
    }
    return { open, next, rounds: () => rounds }
  }

  test('gives the oldest of each scope in turn, then says that the round is over', async () => {
    const { next, rounds } = await scopesWith(
      ['anna/p/1', 'anna/p/2', 'anna/p/3', 'bert/p/4', 'carl/p/5'],
      100,
    )

    expect(await next(6)).toEqual(['anna/p/1', 'bert/p/4', 'carl/p/5', 'anna/p/2', 'anna/p/3', undefined])
    expect(rounds()).toBe(1)
    expect(await next(1)).toEqual(['anna/p/1'])
  })

  test('a scope that had its batch makes way for one that waits', async () => {
    const giants = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'].flatMap(scope =>
      Array.from({ length: 50 }, (__, index) => `${scope}/p/${index}`),
    )
    const { next } = await scopesWith([...giants, 'zoe/p/1'], 3)

    expect((await next(40)).indexOf('zoe/p/1')).toBe(24)
  })

  test('a scope that comes new does not wait for the end of a long one', async () => {
    const giant = Array.from({ length: 200 }, (__, index) => `anna/p/${index}`)
    const { next, open } = await scopesWith(giant, 10)
    await next(5)
    await open('bert/p/1')

    expect(await next(194)).toContain('bert/p/1')
  })

  test('a scope that is long comes to its end where nobody waits', async () => {
    const giant = Array.from({ length: 35 }, (__, index) => `anna/p/${index}`)
    const { next } = await scopesWith(giant, 10)

    expect(await next(36)).toEqual([...giant, undefined])
  })

  test('a scope that made way goes on where it was: none of it is never come by', async () => {
    const names = Array.from({ length: 12 }, (__, scope) =>
      Array.from({ length: 5 }, (___, index) => `${String.fromCharCode(97 + scope)}/p/${index}`),
    ).flat()
    const { next, rounds } = await scopesWith(names, 2)

    expect(new Set(await next(120))).toEqual(new Set([...names, undefined]))
    expect(rounds()).toBeGreaterThan(0)
  })

  test('a round comes to its end, however many scopes and records there are', async () => {
    const names = Array.from({ length: 20 }, (__, scope) =>
      Array.from({ length: 30 }, (___, index) => `${String.fromCharCode(97 + scope)}/p/${index}`),
    ).flat()
    const { next, rounds } = await scopesWith(names, 4)
    const given = await next(1_200)

    expect(new Set(given.slice(0, given.indexOf(undefined))).size).toBe(600)
    expect(rounds()).toBe(1)
  })
})
