import { posix } from 'node:path'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import type { FoldersOptions, ListedRecord, RecordStore, SetOptions } from '../../src/public/store.ts'
import type { StoreClock, StoreUnderTest } from '../../src/testing/store-contract.ts'

/** What one planted bug replaces of a right store. */
type Bug = (right: RecordStore, bench: Bench) => Partial<RecordStore>
type Bench = {
  readonly clock: StoreClock
  readonly shared: Map<string, unknown>
  /** How often all handles were closed. */
  closings: number
  /** Its disk takes nothing more. */
  isDiskBroken: boolean
}

/** A right store with locks, shared by handles that are closed one by one, and one thing about it broken. */
export function brokenStore(bug: Bug): StoreUnderTest {
  let nowAt = 1_700_000_000_000
  const clock = { now: () => nowAt, advance: (ms: number) => (nowAt += ms) }
  const data = memoryStore({ maxSettled: Infinity, now: clock.now })
  const bench: Bench = { clock, shared: new Map(), closings: 0, isDiskBroken: false }
  let open = 0
  const locks = new Map<string, Promise<unknown>>()
  return {
    shared: true,
    clock,
    breakDisk: () => {
      bench.isDiskBroken = true
      return () => (bench.isDiskBroken = false)
    },
    open: () => {
      open += 1
      const right = handle(data, locks, bench, () => {
        open -= 1
        if (open === 0) bench.closings += 1
      })
      return { ...right, ...bug(right, bench) }
    },
  }
}

function handle(
  data: RecordStore,
  locks: Map<string, Promise<unknown>>,
  bench: Bench,
  onClose: () => void,
): RecordStore {
  let closed = false
  const check = () => {
    if (closed) throw new Error('closed')
  }
  return {
    get: async key => {
      check()
      return data.get(key)
    },
    set: async (key, value, options) => {
      check()
      if (bench.isDiskBroken) throw new Error('the disk refuses it')
      return data.set(key, value, options)
    },
    since: async () => {
      check()
      return (await data.since?.()) ?? 0
    },
    delete: async (key, options) => {
      check()
      if (bench.isDiskBroken) throw new Error('the disk refuses it')
      return data.delete(key, options)
    },
    async *listOpen(prefix) {
      check()
      yield* data.listOpen(prefix)
    },
    openFolders: async (prefix, options) => {
      check()
      return foldersOf(await collect(data.listOpen(prefix)), prefix, options)
    },
    async *listSettled(prefix) {
      check()
      yield* data.listSettled?.(prefix) ?? []
    },
    lock: async (key, work, { signal }) => {
      const before = locks.get(key) ?? Promise.resolve()
      const turn = Promise.race([before, aborted(signal)]).then(work)
      locks.set(key, Promise.allSettled([before, turn]))
      return turn
    },
    close: async () => {
      if (!closed) onClose()
      closed = true
    },
  }
}

async function aborted(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(new Error('aborted')))
  })
}

async function collect(records: AsyncIterable<ListedRecord>): Promise<ListedRecord[]> {
  const found: ListedRecord[] = []
  for await (const record of records) found.push(record)
  return found
}

/** The folders below `prefix` that hold these records, in the order of their names. */
function foldersOf(
  records: readonly ListedRecord[],
  prefix: string,
  { after = '', limit }: FoldersOptions,
): string[] {
  const all = records.flatMap(({ key }) => {
    const end = key.indexOf('/', prefix.length)
    return end === -1 ? [] : [key.slice(0, end + 1)]
  })
  return [...new Set(all)]
    .toSorted()
    .filter(folder => folder > after)
    .slice(0, limit)
}

/** Writes whatever is stored, as a store does that only looks first. */
async function force(
  store: RecordStore,
  key: string,
  value: string,
  options: SetOptions,
): Promise<string | undefined> {
  for (;;) {
    const found = await store.get(key)
    const version = await store.set(key, value, { ...options, expected: found?.version ?? null })
    if (version !== undefined) return version
  }
}

/** Versions of its own over those of the right store: `name` gives what the caller sees. */
function renamed(
  right: RecordStore,
  name: (version: string, key: string, value: string) => string,
): Partial<RecordStore> {
  const real = async (key: string, expected: string): Promise<string> => {
    const found = await right.get(key)
    return found && name(found.version, key, found.value) === expected ? found.version : 'no such version'
  }
  return {
    get: async key => {
      const found = await right.get(key)
      return found && { value: found.value, version: name(found.version, key, found.value) }
    },
    set: async (key, value, options) => {
      const expected = options.expected === null ? null : await real(key, options.expected)
      const version = await right.set(key, value, { ...options, expected })
      return version === undefined ? undefined : name(version, key, value)
    },
    delete: async (key, { expected }) => right.delete(key, { expected: await real(key, expected) }),
    async *listOpen(prefix) {
      for await (const each of right.listOpen(prefix))
        yield { ...each, version: name(each.version, each.key, each.value) }
    },
    async *listSettled(prefix) {
      for await (const each of right.listSettled?.(prefix) ?? [])
        yield { ...each, version: name(each.version, each.key, each.value) }
    },
  }
}

/** Keys as the store spells them; it believes that two with one spelling are one. */
function respelled(right: RecordStore, spell: (key: string) => string): Partial<RecordStore> {
  return {
    get: key => right.get(spell(key)),
    set: (key, value, options) => right.set(spell(key), value, options),
    delete: (key, options) => right.delete(spell(key), options),
    listOpen: prefix => right.listOpen(spell(prefix)),
    listSettled: prefix => right.listSettled?.(spell(prefix)) ?? right.listOpen(spell(prefix)),
  }
}

/** Texts as the store keeps them. */
function altered(right: RecordStore, alter: (value: string) => string): Partial<RecordStore> {
  return { set: (key, value, options) => right.set(key, alter(value), options) }
}

function likePattern(prefix: string): RegExp {
  const escaped = prefix.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`)
  return new RegExp(`^${escaped.replaceAll('%', '.*').replaceAll('_', '.')}`, 'is')
}

/** Where everything of a trial lies, by any of its keys: `so1/contract-…/`. */
function trialOf(key: string): string {
  return key.split('/').slice(0, 2).join('/')
}

/** Each is a mistake that somebody made, or will make, in a store. */
export const BUGS: Readonly<Record<string, Bug>> = {
  'get invents a record for what is absent': right => ({
    get: async key => (await right.get(key)) ?? { value: '', version: '0' },
  }),
  'an unconditional write: the last one wins': right => ({
    set: (key, value, options) => force(right, key, value, options),
  }),
  'reads, looks, then writes': right => ({
    set: async (key, value, options) => {
      const found = await right.get(key)
      if ((found?.version ?? null) !== options.expected) return undefined
      await Promise.resolve()
      return force(right, key, value, options)
    },
  }),
  'looks and deletes in two steps': right => ({
    delete: async (key, { expected }) => {
      const found = await right.get(key)
      if (found?.version !== expected) return false
      await right.delete(key, { expected })
      return true
    },
  }),
  'create overwrites': right => ({
    set: (key, value, options) =>
      options.expected === null ? force(right, key, value, options) : right.set(key, value, options),
  }),
  'update creates what is missing': right => ({
    set: async (key, value, options) => {
      const isMissing = (await right.get(key)) === undefined
      return right.set(key, value, isMissing ? { ...options, expected: null } : options)
    },
  }),
  'undefined on success': right => ({
    set: async (key, value, options) => {
      await right.set(key, value, options)
      return undefined
    },
  }),
  'gives the version before the write': right => ({
    set: async (key, value, options) => {
      const version = await right.set(key, value, options)
      return version === undefined ? undefined : (options.expected ?? version)
    },
  }),
  'gives a version to who lost': right => ({
    set: async (key, value, options) =>
      (await right.set(key, value, options)) ?? (await right.get(key))?.version,
  }),
  'the version is a hash of the value': right =>
    renamed(right, (_version, _key, value) => `hash of ${value}`),
  'versions count from 1 for every new record': (right, { shared }) => {
    const counts = shared as Map<string, { readonly from: number }>
    return {
      ...renamed(right, (version, key) => String(Number(version) - (counts.get(key)?.from ?? 0))),
      set: async (key, value, options) => {
        const from = counts.get(key)?.from ?? 0
        const expected = options.expected === null ? null : String(Number(options.expected) + from)
        const version = await right.set(key, value, { ...options, expected })
        if (version === undefined) return undefined
        if (expected === null) counts.set(key, { from: Number(version) - 1 })
        return String(Number(version) - (counts.get(key)?.from ?? 0))
      },
    }
  },
  'versions begin again after expiry': (right, { shared, clock }) => {
    const known = shared as Map<string, { version: string; readonly first: string; expiresAt: number }>
    const shown = (key: string, version: string) => (known.get(key)?.first === version ? 'first' : version)
    return {
      ...renamed(right, (version, key) => shown(key, version)),
      set: async (key, value, options) => {
        const before = known.get(key)
        const expired = before !== undefined && before.expiresAt <= clock.now()
        const expected = options.expected === 'first' ? (before?.first ?? '') : options.expected
        const version = await right.set(key, value, { ...options, expected })
        if (version === undefined) return undefined
        const first = before === undefined || expired ? version : before.first
        known.set(key, {
          version,
          first,
          expiresAt: options.open ? Infinity : (options.expiresAt ?? Infinity),
        })
        return shown(key, version)
      },
    }
  },
  'a version is compared as a number': right => ({
    set: (key, value, options) =>
      right.set(key, value, {
        ...options,
        expected: options.expected === null ? null : String(Number(options.expected)),
      }),
  }),
  'delete ignores the expected version': right => ({
    delete: async key => {
      const found = await right.get(key)
      return found !== undefined && right.delete(key, { expected: found.version })
    },
  }),
  'delete always says true': right => ({
    delete: async (key, options) => {
      await right.delete(key, options)
      return true
    },
  }),
  'delete removes nothing': right => ({
    delete: async (key, { expected }) => (await right.get(key))?.version === expected,
  }),
  'a write drops what its neighbour holds': right => ({
    set: async (key, value, options) => {
      const neighbour = `${trialOf(key)}/kept`
      const found = key === neighbour ? undefined : await right.get(neighbour)
      if (found) await right.delete(neighbour, { expected: found.version })
      return right.set(key, value, options)
    },
  }),
  'a write is acknowledged before others see it': (right, { shared }) => {
    const late = shared as Map<string, { readonly value: string; readonly version: string } | undefined>
    const own = new Set<string>()
    return {
      get: async key => (late.has(key) && !own.has(key) ? late.get(key) : right.get(key)),
      set: async (key, value, options) => {
        const before = await right.get(key)
        const version = await right.set(key, value, options)
        if (version !== undefined) {
          late.set(key, before)
          own.add(key)
        }
        return version
      },
    }
  },
  'an open record expires': (right, { shared, clock }) => {
    const times = shared as Map<string, number>
    return {
      get: async key => ((times.get(key) ?? Infinity) <= clock.now() ? undefined : right.get(key)),
      set: (key, value, options) => {
        if (options.open) times.set(key, options.expiresAt ?? Infinity)
        return right.set(key, value, options)
      },
    }
  },
  'a record keeps its time when it is opened again': (right, { shared, clock }) => {
    const times = shared as Map<string, number>
    return {
      get: async key => ((times.get(key) ?? Infinity) <= clock.now() ? undefined : right.get(key)),
      set: (key, value, options) => {
        if (options.expiresAt !== undefined && !options.open) times.set(key, options.expiresAt)
        return right.set(key, value, options)
      },
    }
  },
  'nothing ever expires': right => ({
    set: (key, value, { expected, open }) => right.set(key, value, { expected, open }),
  }),
  'a settling write does not set the time': right => ({
    set: (key, value, { expected, open, expiresAt }) =>
      right.set(
        key,
        value,
        expected === null && expiresAt !== undefined ? { expected, open, expiresAt } : { expected, open },
      ),
  }),
  'expiry is in seconds': right => ({
    set: (key, value, options) =>
      right.set(
        key,
        value,
        options.expiresAt === undefined ? options : { ...options, expiresAt: options.expiresAt / 1_000 },
      ),
  }),
  'settled records get a time of a year': (right, { clock }) => ({
    set: (key, value, options) =>
      right.set(key, value, { expiresAt: clock.now() + 31_536_000_000, ...options }),
  }),
  'expired records are still listed': (right, { shared }) => {
    const seen = shared as Map<string, ListedRecord>
    return {
      set: async (key, value, options) => {
        const version = await right.set(key, value, options)
        if (version !== undefined && !options.open) seen.set(key, { key, value, version })
        return version
      },
      async *listSettled(prefix) {
        for (const record of seen.values()) if (record.key.startsWith(prefix)) yield record
      },
    }
  },
  'create loses against an expired record': (right, { shared, clock }) => {
    const times = shared as Map<string, number>
    return {
      set: async (key, value, options) => {
        if (options.expected === null && (times.get(key) ?? Infinity) <= clock.now()) return undefined
        if (!options.open && options.expiresAt !== undefined) times.set(key, options.expiresAt)
        return right.set(key, value, options)
      },
    }
  },
  'openFolders gives the folders of settled records': right => ({
    openFolders: async (prefix, options) => {
      const settled = await collect(right.listSettled?.(prefix) ?? right.listOpen(prefix))
      return foldersOf([...(await collect(right.listOpen(prefix))), ...settled], prefix, options)
    },
  }),
  'openFolders begins anew each time': right => ({
    openFolders: (prefix, { limit }) => right.openFolders?.(prefix, { limit }) ?? Promise.resolve([]),
  }),
  'openFolders gives one folder too many': right => ({
    openFolders: (prefix, { after, limit }) =>
      right.openFolders?.(prefix, { after, limit: limit + 1 }) ?? Promise.resolve([]),
  }),
  'openFolders gives what is within a folder': right => ({
    openFolders: async (prefix, { after = '', limit }) => {
      const all = (await collect(right.listOpen(prefix))).map(({ key }) =>
        key.slice(0, key.lastIndexOf('/') + 1),
      )
      return [...new Set(all)].filter(folder => folder > after && folder !== prefix).slice(0, limit)
    },
  }),
  'openFolders looks at as many records as it may give folders': right => ({
    openFolders: async (prefix, options) =>
      foldersOf((await collect(right.listOpen(prefix))).slice(0, options.limit), prefix, options),
  }),
  'listOpen gives nothing': () => ({ async *listOpen() {} }),
  'listOpen always gives something': right => ({
    async *listOpen(prefix) {
      const found = await collect(right.listOpen(prefix))
      if (found.length > 0) yield* found
      else yield { key: prefix, value: '', version: '0' }
    },
  }),
  'listOpen gives settled records': right => ({
    async *listOpen(prefix) {
      yield* right.listOpen(prefix)
      yield* right.listSettled?.(prefix) ?? []
    },
  }),
  'listOpen gives what was deleted': (right, { shared }) => {
    const deleted = shared as Map<string, ListedRecord>
    return {
      delete: async (key, options) => {
        const found = await right.get(key)
        const done = await right.delete(key, options)
        if (done && found) deleted.set(key, { key, ...found })
        return done
      },
      async *listOpen(prefix) {
        yield* right.listOpen(prefix)
        for (const record of deleted.values()) if (record.key.startsWith(prefix)) yield record
      },
    }
  },
  'listOpen gives the newest first': right => ({
    async *listOpen(prefix) {
      yield* (await collect(right.listOpen(prefix))).toReversed()
    },
  }),
  'listOpen goes by key': right => ({
    async *listOpen(prefix) {
      yield* (await collect(right.listOpen(prefix))).toSorted((a, b) => (a.key < b.key ? -1 : 1))
    },
  }),
  'listOpen goes by the last write': right => ({
    async *listOpen(prefix) {
      yield* (await collect(right.listOpen(prefix))).toSorted((a, b) => Number(a.version) - Number(b.version))
    },
  }),
  'a record that opens again takes its old place': (right, { shared }) => {
    const places = shared as Map<string, number>
    return {
      set: async (key, value, options) => {
        const version = await right.set(key, value, options)
        if (version !== undefined && !places.has(key)) places.set(key, Number(version))
        return version
      },
      async *listOpen(prefix) {
        const place = (record: ListedRecord) => places.get(record.key) ?? 0
        yield* (await collect(right.listOpen(prefix))).toSorted((a, b) => place(a) - place(b))
      },
    }
  },
  'listOpen takes the prefix for a pattern': right => ({
    async *listOpen(prefix) {
      const pattern = likePattern(prefix)
      for await (const record of right.listOpen('so1/')) if (pattern.test(record.key)) yield record
    },
  }),
  'listOpen takes a path for a prefix': right => ({
    async *listOpen(prefix) {
      const folder = prefix.replace(/\/$/, '')
      for await (const record of right.listOpen(folder)) {
        if (record.key === folder || record.key.startsWith(`${folder}/`)) yield record
      }
    },
  }),
  'listOpen forgets that a prefix ends': right => ({
    listOpen: prefix => right.listOpen(prefix.replace(/\/$/, '')),
  }),
  'listOpen knows only whole scopes': right => ({
    async *listOpen(prefix) {
      for await (const record of right.listOpen(prefix)) {
        if (prefix.startsWith(`${trialOf(record.key)}/`)) yield record
      }
    },
  }),
  'listOpen stops after a page': right => ({
    async *listOpen(prefix) {
      yield* (await collect(right.listOpen(prefix))).slice(0, 256)
    },
  }),
  'listOpen pages by offset, and skips when a record settles': right => ({
    async *listOpen(prefix) {
      for (let offset = 0; ; offset += 20) {
        const page = (await collect(right.listOpen(prefix))).slice(offset, offset + 20)
        if (page.length === 0) return
        yield* page
        if (offset === 0) {
          const [first] = page
          if (first) await right.set(first.key, first.value, { expected: first.version, open: false })
        }
      }
    },
  }),
  'a listing fails when something is written beside it': (right, { shared }) => {
    const writes = shared as Map<string, number>
    return {
      set: (key, value, options) => {
        writes.set('count', (writes.get('count') ?? 0) + 1)
        return right.set(key, value, options)
      },
      async *listOpen(prefix) {
        const before = writes.get('count')
        for await (const record of right.listOpen(prefix)) {
          if (writes.get('count') !== before) throw new Error('modified during iteration')
          yield record
        }
      },
    }
  },
  'a listing that was left cannot be begun again': (right, { shared }) => ({
    async *listOpen(prefix) {
      if (shared.has(prefix)) throw new Error('a listing is under way')
      shared.set(prefix, true)
      for await (const record of right.listOpen(prefix)) yield record
      shared.delete(prefix)
    },
  }),
  'listOpen looks at all that is settled': right => ({
    async *listOpen(prefix) {
      for await (const settled of right.listSettled?.(prefix) ?? []) if (settled.key === 'nowhere') return
      yield* right.listOpen(prefix)
    },
  }),
  'listings give old versions': right => ({
    async *listOpen(prefix) {
      for await (const record of right.listOpen(prefix)) yield { ...record, version: '0' }
    },
  }),
  'listSettled gives open records': right => ({
    async *listSettled(prefix) {
      yield* right.listSettled?.(prefix) ?? []
      yield* right.listOpen(prefix)
    },
  }),
  'listSettled pages by offset, and skips what deletes move': right => ({
    async *listSettled(prefix) {
      for (let offset = 0; ; offset += 10) {
        const page = (await collect(right.listSettled?.(prefix) ?? right.listOpen(prefix))).slice(
          offset,
          offset + 10,
        )
        if (page.length === 0) return
        yield* page
      }
    },
  }),
  'text is cut at NUL': right => altered(right, value => value.replace(/\0.*$/s, '')),
  'half surrogate pairs become U+FFFD': right => respelled(right, key => Buffer.from(key).toString()),
  'text is Latin-1': right => altered(right, value => Buffer.from(value, 'latin1').toString('latin1')),
  'JSON is written in another form': right => altered(right, jsonAnew),
  'text is trimmed': right => altered(right, value => value.trim()),
  'text is cut at 64 KiB': right => altered(right, value => value.slice(0, 65_536)),
  'keys ignore case': right => respelled(right, key => key.toLowerCase()),
  'keys ignore blanks at the end': right => respelled(right, key => key.trimEnd()),
  'keys are normalised': right => respelled(right, key => key.normalize()),
  'keys are cut at 255': right => respelled(right, key => key.slice(0, 255)),
  'keys are properties of an object': right => ({
    get: async key => (key in {} ? { value: Reflect.get({}, key), version: '1' } : right.get(key)),
  }),
  'lock does nothing': () => ({ lock: async (_key, work) => work() }),
  'lock stays taken when the work throws': (right, { shared }) => ({
    lock: async (key, work, options) => {
      if (shared.has(key)) throw new Error('the lock is taken for ever')
      return right.lock!(
        key,
        async () => {
          try {
            return await work()
          } catch (error) {
            shared.set(key, true)
            throw error
          }
        },
        options,
      )
    },
  }),
  'lock works although its wait was aborted': right => ({
    lock: async (key, work) => right.lock!(key, work, {}),
  }),
  'a second close rejects': (right, _bench) => {
    let closed = false
    return {
      close: async () => {
        if (closed) throw new Error('closed already')
        closed = true
        await right.close?.()
      },
    }
  },
  'works after close': () => ({ close: async () => {} }),
  'close drops what waits': right => {
    let closed = false
    return {
      set: async (key, value, options) => {
        await Promise.resolve()
        return closed ? undefined : right.set(key, value, options)
      },
      close: async () => {
        closed = true
        await right.close?.()
      },
    }
  },
  'close of one handle closes all': (right, { shared }) => ({
    get: async key => {
      if (shared.has('closed')) throw new Error('closed')
      return right.get(key)
    },
    close: async () => {
      shared.set('closed', true)
      await right.close?.()
    },
  }),
  'a write that lost settles the record all the same': (right, { shared }) => {
    const settled = shared as Map<string, true>
    return {
      set: async (key, value, options) => {
        if (options.open) settled.delete(key)
        else settled.set(key, true)
        return right.set(key, value, options)
      },
      async *listOpen(prefix) {
        for await (const record of right.listOpen(prefix)) if (!settled.has(record.key)) yield record
      },
    }
  },
  'a settled record keeps its first time': (right, { shared }) => {
    const times = shared as Map<string, number | undefined>
    return {
      set: async (key, value, { expected, open, expiresAt }) => {
        const time = !open && expected !== null && times.has(key) ? times.get(key) : expiresAt
        const kept = time === undefined ? {} : { expiresAt: time }
        const version = await right.set(key, value, { expected, open, ...kept })
        if (version === undefined) return undefined
        if (open) times.delete(key)
        else times.set(key, time)
        return version
      },
    }
  },
  'a handle lists what it listed before': right => {
    const lists = new Map<string, ListedRecord[]>()
    return {
      set: async (key, value, options) => {
        lists.clear()
        return right.set(key, value, options)
      },
      delete: async (key, options) => {
        lists.clear()
        return right.delete(key, options)
      },
      async *listOpen(prefix) {
        const list = lists.get(prefix) ?? (await collect(right.listOpen(prefix)))
        lists.set(prefix, list)
        yield* list
      },
    }
  },
  'listings cut values at 8 KiB': right => ({
    async *listOpen(prefix) {
      for await (const record of right.listOpen(prefix))
        yield { ...record, value: record.value.slice(0, 8_192) }
    },
  }),
  'what is stored goes with its last handle': (right, bench) => {
    const spell = (key: string) => `${bench.closings}:${key}`
    const plain = async function* (records: AsyncIterable<ListedRecord>) {
      for await (const record of records)
        yield { ...record, key: record.key.slice(record.key.indexOf(':') + 1) }
    }
    return {
      ...respelled(right, spell),
      listOpen: prefix => plain(right.listOpen(spell(prefix))),
      listSettled: prefix => plain(right.listSettled?.(spell(prefix)) ?? right.listOpen(spell(prefix))),
    }
  },
  'versions begin again when the store is opened': (right, bench) => {
    const names = bench.shared as Map<string, string | number>
    const name = (version: string) => {
      const opening = `count of ${bench.closings}`
      const known = names.get(`version ${version}`)
      if (known !== undefined) return String(known)
      const count = Number(names.get(opening) ?? 0) + 1
      names.set(opening, count).set(`version ${version}`, String(count))
      return String(count)
    }
    return renamed(right, name)
  },
  'a first write overwrites what is settled': (right, { shared }) => {
    const settled = sharedSet(shared, 'settled')
    return {
      set: async (key, value, options) => {
        const isOver = options.expected === null && settled.has(key)
        const version = isOver
          ? await force(right, key, value, options)
          : await right.set(key, value, options)
        if (version !== undefined && options.open) settled.delete(key)
        if (version !== undefined && !options.open) settled.add(key)
        return version
      },
    }
  },
  'a handle remembers what was absent': right => {
    const absent = new Set<string>()
    return {
      get: async key => {
        const found = absent.has(key) ? undefined : await right.get(key)
        if (found === undefined) absent.add(key)
        return found
      },
      set: (key, value, options) => {
        absent.delete(key)
        return right.set(key, value, options)
      },
    }
  },
  'a settled record written without a time keeps its old one': (right, { shared }) => {
    const times = sharedTimes(shared)
    return {
      set: async (key, value, options) => {
        const { expiresAt = options.open ? undefined : times.get(key), ...rest } = options
        const version = await right.set(key, value, expiresAt === undefined ? rest : { ...rest, expiresAt })
        if (version !== undefined && !options.open && expiresAt !== undefined) times.set(key, expiresAt)
        return version
      },
    }
  },
  'a time given to an open record counts when it settles': (right, { shared }) => {
    const times = sharedTimes(shared)
    return {
      set: (key, value, options) => {
        if (options.open && options.expiresAt !== undefined) times.set(key, options.expiresAt)
        const { expiresAt = options.open ? undefined : times.get(key), ...rest } = options
        return right.set(key, value, expiresAt === undefined ? rest : { ...rest, expiresAt })
      },
    }
  },
  'a write that lost gives the record its time': right => ({
    set: async (key, value, options) => {
      const version = await right.set(key, value, options)
      const found =
        version === undefined && options.expiresAt !== undefined ? await right.get(key) : undefined
      if (found !== undefined) await right.set(key, found.value, { ...options, expected: found.version })
      return version
    },
  }),
  'a delete that lost settles the record': right => ({
    delete: async (key, options) => {
      const done = await right.delete(key, options)
      const found = done ? undefined : await right.get(key)
      if (found !== undefined) await right.set(key, found.value, { expected: found.version, open: false })
      return done
    },
  }),
  'delete takes a path with it': right => ({
    delete: async (key, options) => {
      const done = await right.delete(key, options)
      if (!done) return false
      for (const { key: within, version } of await collect(right.listOpen(`${key}/`)))
        await right.delete(within, { expected: version })
      return true
    },
  }),
  'the disk’s refusal is kept from the caller': (right, bench) => ({
    set: async (key, value, options) => {
      const isBroken = bench.isDiskBroken
      bench.isDiskBroken = false
      const version = await right.set(key, value, options)
      bench.isDiskBroken = isBroken
      return version
    },
  }),
  'a write that was refused is shown': (right, bench) => ({
    set: async (key, value, options) => {
      if (!bench.isDiskBroken) return right.set(key, value, options)
      bench.isDiskBroken = false
      await right.set(key, value, options)
      bench.isDiskBroken = true
      throw new Error('the disk refuses it')
    },
  }),
  'does not work again when its disk does': (right, bench) => {
    let wasBroken = false
    return {
      set: async (key, value, options) => {
        wasBroken ||= bench.isDiskBroken
        return wasBroken
          ? Promise.reject(new Error('the disk refused something'))
          : right.set(key, value, options)
      },
    }
  },
  'a bound that nobody is told of': (right, bench) => bounded(right, bench),
  'a bound that is told, and not what it drops': (right, bench) => ({
    ...bounded(right, bench),
    isBounded: true as const,
    onDrop: () => () => {},
  }),
  'a bound without a word for what it drops': (right, bench) => ({
    ...bounded(right, bench),
    isBounded: true as const,
  }),
  'keys are cut at ? or #': right => respelled(right, key => key.replace(/[?#].*$/s, '')),
  'keys are cut at #': right => respelled(right, key => key.replace(/#.*$/s, '')),
  'keys take : for /': right => respelled(right, key => key.replaceAll(':', '/')),
  'keys take a backslash for /': right => respelled(right, key => key.replaceAll('\\', '/')),
  'keys are decoded': right => respelled(right, decoded),
  'keys decode %2F alone': right => respelled(right, key => key.replaceAll(/%2f/gi, '/')),
  'keys take + for a blank': right => respelled(right, key => key.replaceAll('+', ' ')),
  'keys collapse //': right => respelled(right, key => key.replaceAll(/\/{2,}/g, '/')),
  'keys lose a / at the end': right => respelled(right, key => key.replace(/\/$/, '')),
  'keys lose dot segments': right => respelled(right, key => key.replaceAll('/./', '/')),
  'keys are resolved as paths': right => respelled(right, key => posix.normalize(key)),
  'keys lose tabs at the end': right => respelled(right, key => key.replace(/\t+$/, '')),
  'keys lose line ends': right => respelled(right, key => key.replace(/[\r\n]+$/, '')),
  'keys lose U+FEFF at the end': right => respelled(right, key => key.replace(/\ufeff+$/, '')),
  'keys are NFKC': right => respelled(right, key => key.normalize('NFKC')),
  'keys are cut at 1,000': right => respelled(right, key => key.slice(0, 1_000)),
  'keys are cut at 1,024 bytes': right =>
    respelled(right, key => Buffer.from(key).toString('utf8', 0, 1_024)),
  'values lose U+FEFF at their beginning': right => altered(right, value => value.replace(/^\ufeff/, '')),
  'values lose U+FEFF at their end': right => altered(right, value => value.replace(/\ufeff$/, '')),
  'values have one kind of line ends': right => altered(right, value => value.replaceAll('\r\n', '\n')),
  'a bound of 5,000 that nobody is told of': (right, bench) => bounded(right, bench, 5_000),
  'a bound of 10,000 that nobody is told of': (right, bench) => bounded(right, bench, 10_000),
  'since moves with each write': (right, { clock, shared }) => ({
    since: async () => Number(shared.get('since') ?? clock.now()),
    set: async (key, value, options) => {
      shared.set('since', clock.now())
      return right.set(key, value, options)
    },
  }),
  'since is 0': () => ({ since: async () => 0 }),
  'since is a text': right => ({ since: async () => String(await right.since?.()) as unknown as number }),
  'a delete that was refused resolves': (right, bench) => ({
    delete: async (key, options) => (bench.isDiskBroken ? true : right.delete(key, options)),
  }),
  'a first write that was refused resolves': (right, bench) => ({
    set: async (key, value, options) =>
      bench.isDiskBroken && options.expected === null ? '0' : right.set(key, value, options),
  }),
  'listOpen shows what was refused': (right, bench) => {
    const refused = sharedRecords(bench.shared, 'refused')
    return {
      set: async (key, value, options) => {
        if (bench.isDiskBroken && options.open) refused.set(key, { key, value, version: '0' })
        return right.set(key, value, options)
      },
      async *listOpen(prefix) {
        for await (const record of right.listOpen(prefix)) yield refused.get(record.key) ?? record
      },
    }
  },
  'listSettled shows what was refused': (right, bench) => {
    const refused = sharedRecords(bench.shared, 'refused')
    return {
      set: async (key, value, options) => {
        if (bench.isDiskBroken && !options.open) refused.set(key, { key, value, version: '0' })
        return right.set(key, value, options)
      },
      async *listSettled(prefix) {
        yield* right.listSettled?.(prefix) ?? []
        if (bench.isDiskBroken) yield* refused.values()
      },
    }
  },
  'what is open is forgotten with the last handle': (right, bench) => {
    const opened = bench.shared as Map<string, number>
    return {
      set: async (key, value, options) => {
        const version = await right.set(key, value, options)
        if (version !== undefined && options.open) opened.set(key, bench.closings)
        return version
      },
      async *listOpen(prefix) {
        for await (const record of right.listOpen(prefix))
          if (opened.get(record.key) === bench.closings) yield record
      },
    }
  },
  'the order of what is open is forgotten with the last handle': (right, bench) => ({
    async *listOpen(prefix) {
      const found = await collect(right.listOpen(prefix))
      yield* bench.closings === 0 ? found : found.toSorted((a, b) => (a.key < b.key ? -1 : 1))
    },
  }),
  'what opens after a restart comes before the rest': (right, bench) => {
    const opened = bench.shared as Map<string, number>
    return {
      set: async (key, value, options) => {
        const version = await right.set(key, value, options)
        if (version !== undefined && options.open && !opened.has(key)) opened.set(key, bench.closings)
        return version
      },
      async *listOpen(prefix) {
        const found = await collect(right.listOpen(prefix))
        yield* found.toSorted((a, b) => (opened.get(b.key) ?? 0) - (opened.get(a.key) ?? 0))
      },
    }
  },
  'times are forgotten with the last handle': (right, bench) => {
    const times = sharedTimes(bench.shared)
    const isOver = (key: string, nowAt: number) =>
      bench.closings === 0 && (times.get(key) ?? Infinity) <= nowAt
    return {
      get: async key => (isOver(key, bench.clock.now()) ? undefined : right.get(key)),
      set: (key, value, { expected, open, expiresAt }) => {
        const kept = expiresAt === undefined ? {} : { expiresAt: expiresAt + 315_360_000_000 }
        if (!open && expiresAt !== undefined) times.set(key, expiresAt)
        return right.set(key, value, { expected, open, ...kept })
      },
    }
  },
  'what is settled goes with the last handle': (right, bench) => {
    const settled = bench.shared as Map<string, number>
    return {
      get: async key => ((settled.get(key) ?? bench.closings) < bench.closings ? undefined : right.get(key)),
      set: async (key, value, options) => {
        const version = await right.set(key, value, options)
        if (version === undefined) return undefined
        if (options.open) settled.delete(key)
        else settled.set(key, bench.closings)
        return version
      },
    }
  },
  'since is when it was asked': (_right, { clock }) => ({ since: async () => clock.now() }),
  'since is when the handle was opened': (_right, { clock, shared }) => {
    const opened = Number(shared.get('opened') ?? 0) + 1
    shared.set('opened', opened)
    const since = clock.now() - opened
    return { since: async () => since }
  },
  'since is to come': (_right, { clock }) => {
    const since = clock.now() + 86_400_000
    return { since: async () => since }
  },
  'since is no time': () => ({ since: async () => Number.NaN }),
  'one lock for all names': right => ({
    lock: async (_key, work, options) => {
      if (right.lock === undefined) throw new Error('the right store has locks')
      return right.lock('all', work, options)
    },
  }),
}

/** Keeps no more than so many settled records. */
function bounded(right: RecordStore, { shared }: Bench, most = 1_000): Partial<RecordStore> {
  const settled = sharedSet(shared, 'settled')
  return {
    set: async (key, value, options) => {
      const version = await right.set(key, value, options)
      if (version === undefined || options.open) return version
      settled.add(key)
      const [oldest] = settled
      if (settled.size <= most || oldest === undefined) return version
      settled.delete(oldest)
      const found = await right.get(oldest)
      if (found !== undefined) await right.delete(oldest, { expected: found.version })
      return version
    },
  }
}

function sharedSet(shared: Map<string, unknown>, name: string): Set<string> {
  const set = (shared.get(name) ?? new Set()) as Set<string>
  shared.set(name, set)
  return set
}

function sharedRecords(shared: Map<string, unknown>, name: string): Map<string, ListedRecord> {
  const records = (shared.get(name) ?? new Map()) as Map<string, ListedRecord>
  shared.set(name, records)
  return records
}

function decoded(key: string): string {
  try {
    return decodeURIComponent(key)
  } catch {
    return key
  }
}

function sharedTimes(shared: Map<string, unknown>): Map<string, number> {
  const times = (shared.get('times') ?? new Map()) as Map<string, number>
  shared.set('times', times)
  return times
}

/** As a column of JSON keeps it. */
function jsonAnew(value: string): string {
  try {
    return JSON.stringify(JSON.parse(value))
  } catch {
    return value
  }
}
