import { readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import {
  bornMemory,
  HANDOVER_MS,
  isForgotten,
  rememberedSince,
  withRetention,
} from '../../src/server/core/memory.ts'
import { systemDigest } from '../../src/runtime/digest.ts'
import { buildIdempotency, createIdempotency } from '../../src/server/idempotency.ts'
import { memoryStore } from '../../src/stores/memory/memory-store.ts'
import { readTidemark, tidemark } from '../../src/stores/sqlite/tidemark.ts'
import { sqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { tempFolder } from '../stores/temp-folder.ts'
import { atKey, BEGIN, post, shop, told, trialServer } from './trial-server.ts'

/** Where nothing happens but at a request. */
const worker = {
  runnerId: 'worker',
  after: () => () => {},
  digest: systemDigest(),
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

describe('how far back a memory reaches', () => {
  test.each([
    ['it was born an hour ago', bornMemory(99 * DAY, DAY), 99 * DAY + HOUR, 99 * DAY],
    ['it is older than its retention', bornMemory(0, DAY), 99 * DAY, 98 * DAY],
    ['its retention was raised a moment ago', raised(), 99 * DAY, 98 * DAY],
    ['half a day ago', raised(), 99 * DAY + DAY / 2, 98 * DAY + DAY / 2],
    ['two days ago: what was kept for a day only is gone', raised(), 101 * DAY, 99 * DAY + HANDOVER_MS],
    ['eight days ago: all of it was kept for seven', raised(), 107 * DAY, 100 * DAY],
    [
      'it was lowered',
      withRetention(bornMemory(0, 7 * DAY), DAY, 99 * DAY),
      99 * DAY + HOUR,
      98 * DAY + HOUR,
    ],
    ['lowered and raised again', loweredAndRaised(), 101 * DAY, 100 * DAY],
    ['and two days later', loweredAndRaised(), 103 * DAY, 101 * DAY + HANDOVER_MS],
  ])('%s', (_name, memory, nowAt, since) => {
    expect(rememberedSince(memory, nowAt)).toBe(since)
  })

  /** From a day to seven. */
  function raised() {
    return withRetention(bornMemory(0, DAY), 7 * DAY, 99 * DAY)
  }
  function loweredAndRaised() {
    return withRetention(withRetention(bornMemory(0, 7 * DAY), DAY, 99 * DAY), 7 * DAY, 101 * DAY)
  }

  test('of many changes the worst is assumed, and they do not pile up', () => {
    let memory = bornMemory(0, DAY)
    for (let turn = 1; turn <= 50; turn += 1)
      memory = withRetention(memory, (1 + (turn % 2)) * DAY, turn * HOUR)
    expect(memory.earlier.length).toBeLessThanOrEqual(8)
    expect(rememberedSince(memory, 60 * HOUR)).toBe(60 * HOUR - DAY)
  })

  test.each([
    [undefined, false],
    [99 * DAY - 1_000, true],
    // Told in whole seconds: it may be of after the birth.
    [99 * DAY - 999, false],
    [99 * DAY, false],
    [{ at: 99 * DAY - 1, isExact: true }, true],
    [{ at: 99 * DAY, isExact: true }, false],
  ])('a key of before the birth may have been executed: first sent %s', (firstSentAt, forgotten) => {
    const memory = bornMemory(99 * DAY, DAY)
    expect(isForgotten(firstSentAt, { memory, retentionMs: DAY, nowAt: 99 * DAY + HOUR })).toBe(forgotten)
  })
})

const sentAt = (at: number) => ({ 'idempotency-first-sent': new Date(at).toUTCString() })

describe('a store that is younger than a key', () => {
  test('executes, seals and denies nothing: all of it is `key-expired`', async () => {
    const server = trialServer()
    const once = server.process()
    await once.handle(post('other'), shop().handler)
    const { handler, orders } = shop()
    const headers = sentAt(server.now() - HOUR)
    const asked = (method: string) => {
      const request = atKey('k1', method)
      return new Request(request, { headers: { ...Object.fromEntries(request.headers), ...headers } })
    }
    for (const answer of [
      once.handle(post('k1', { headers }), handler),
      once.seal(asked('DELETE')),
      once.status(asked('GET')),
    ])
      expect(await told(answer)).toMatchObject({ status: 412, code: 'key-expired', replayed: false })
    expect(orders).toEqual([])
  })

  test('proves nothing of a key that was sent a moment before it, where the time is exact', async () => {
    const server = trialServer()
    const once = server.process()
    await once.handle(post('other'), shop().handler)
    const born = server.now()
    const seal = (key: string, at: number) => {
      const request = atKey(key, 'DELETE')
      const time = `${new Date(at).toUTCString()};ms=${at % 1_000}`
      const headers = { ...Object.fromEntries(request.headers), 'idempotency-first-sent': time }
      return told(once.seal(new Request(request, { headers })))
    }
    expect(await seal('before', born - 1)).toMatchObject({ status: 412, code: 'key-expired' })
    expect(await seal('after', born)).toMatchObject({ body: { status: 'canceled' } })
  })

  test('takes the milliseconds of a request too, and tells its own where it refuses', async () => {
    const server = trialServer()
    const once = server.process()
    await once.handle(post('other'), shop().handler)
    const born = server.now()
    await server.clock.advance(123)
    const send = (at: number, ms = `;ms=${at % 1_000}`) => {
      const headers = { 'idempotency-first-sent': `${new Date(at).toUTCString()}${ms}` }
      return told(once.handle(post(`k${at}`, { headers }), shop().handler))
    }
    const date = `${new Date(born + 123).toUTCString()};ms=${(born + 123) % 1_000}`
    expect(await send(born - 1)).toMatchObject({ status: 412, code: 'key-expired', body: { date } })
    expect(await send(born)).toMatchObject({ status: 201 })
    expect(await send(born + 9 * HOUR)).toMatchObject({
      status: 400,
      code: 'first-sent-invalid',
      body: { date },
    })
    expect(await send(born + 1, ';ms=1234')).toMatchObject({ status: 400, code: 'first-sent-invalid' })
  })

  test('still gives what it knows', async () => {
    const server = trialServer()
    const once = server.process()
    const { handler } = shop()
    await once.handle(post('k1'), handler)
    const headers = sentAt(server.now() - HOUR)
    expect(await told(once.handle(post('k1', { headers }), handler))).toMatchObject({
      status: 201,
      replayed: true,
    })
  })

  test('begins with the server, not with its first request', async () => {
    const server = trialServer()
    const { handler } = shop()
    const once = server.process()
    await server.clock.advance(5_000)
    const headers = sentAt(server.now() - 3_000)
    expect(await told(once.handle(post('k1', { headers }), handler))).toMatchObject({ status: 201 })
  })

  test('begins with the first request where the clock stands at 0 before it, as in workers', async () => {
    let at = 0
    const store = memoryStore({ now: () => at, maxSettled: Infinity })
    const once = buildIdempotency({ store, scope: 'shop' }, () => ({ ...worker, now: () => at }))
    await Promise.resolve()
    at = BEGIN
    const { handler } = shop()
    expect(await told(once.handle(post('k1', { headers: sentAt(BEGIN - 2_000) }), handler))).toMatchObject({
      status: 412,
      code: 'key-expired',
    })
    expect(await told(once.handle(post('k2', { headers: sentAt(BEGIN) }), handler))).toMatchObject({
      status: 201,
    })
  })

  test('believes a first send from its birth on, in whole seconds', async () => {
    const server = trialServer()
    const { handler } = shop()
    const once = server.process()
    const headers = sentAt(server.now())
    expect(await told(once.handle(post('k1', { headers }), handler))).toMatchObject({ status: 201 })
  })
})

describe('a store that lost everything while its server went on, and failed no call', () => {
  /** As a Redis without persistence that was restarted between two requests. */
  function losingServer() {
    const server = trialServer()
    const empty = () => memoryStore({ now: server.now, maxSettled: Infinity })
    let inner = empty()
    let bornAt = server.now()
    const once = server.process({
      store: {
        get: key => inner.get(key),
        set: (key, value, options) => inner.set(key, value, options),
        delete: (key, options) => inner.delete(key, options),
        listOpen: prefix => inner.listOpen(prefix),
        since: async () => bornAt,
      },
    })
    const lose = () => {
      inner = empty()
      bornAt = server.now()
    }
    return { server, once, lose }
  }

  test('executes nothing again that was sent before', async () => {
    const { server, once, lose } = losingServer()
    const { handler, orders } = shop()
    const headers = sentAt(server.now())
    expect(await told(once.handle(post('k1', { headers }), handler))).toMatchObject({ status: 201 })
    await server.clock.advance(3_000)
    lose()
    await server.clock.advance(3_000)
    expect(await told(once.handle(post('k1', { headers }), handler))).toMatchObject({
      status: 412,
      code: 'key-expired',
    })
    expect(orders).toHaveLength(1)
    const later = post('k2', { headers: sentAt(server.now()) })
    expect(await told(once.handle(later, handler))).toMatchObject({ status: 201 })
  })

  test('tells nobody who asks that it knows nothing of such a key, and seals none', async () => {
    const { server, once, lose } = losingServer()
    const { handler } = shop()
    const headers = sentAt(server.now())
    await once.handle(post('k1', { headers }), handler)
    await server.clock.advance(3_000)
    lose()
    await server.clock.advance(3_000)
    for (const ask of [once.status, once.seal]) {
      const { url, method } = atKey('k1', ask === once.seal ? 'DELETE' : 'GET')
      expect(await told(ask(new Request(url, { method, headers })))).toMatchObject({ code: 'key-expired' })
    }
  })
})

test('a raised retention believes in no memory that was not kept', async () => {
  const server = trialServer()
  const { handler, orders } = shop()
  await server.process({ retention: HOUR }).handle(post('k1'), handler)
  const headers = sentAt(server.now())
  await server.clock.advance(3 * HOUR)
  const raised = server.process({ retention: DAY })
  expect(await told(raised.handle(post('k1', { headers }), handler))).toMatchObject({ code: 'key-expired' })
  expect(orders).toHaveLength(1)
})

test('a process with a shorter retention keeps what it writes for as long as the others promise', async () => {
  const server = trialServer()
  const short = server.process({ retention: HOUR })
  await short.handle(post('k0'), shop().handler)
  const long = server.process({ retention: DAY })
  await long.handle(post('k1'), shop().handler)
  await server.clock.advance(120_000)
  const { handler, orders } = shop()
  const headers = sentAt(server.now())
  await short.handle(post('k2', { headers }), handler)
  await server.clock.advance(12 * HOUR)
  expect(await told(long.handle(post('k2', { headers }), handler))).toMatchObject({ replayed: true })
  expect(orders).toHaveLength(1)
})

describe('a store with a bound', () => {
  test('is refused', () => {
    const server = trialServer()
    expect(() => server.process({ store: memoryStore({ maxSettled: 5_000 }) })).toThrow(
      expect.objectContaining({
        code: 'configuration',
        message: expect.stringContaining('store: must keep'),
      }),
    )
    expect(() => server.process({ store: memoryStore() })).toThrow('store: must keep')
    expect(() => server.process({ store: memoryStore({ maxSettled: Infinity }) })).not.toThrow()
    expect(() => server.process({ store: memoryStore({ codec: plain }) })).toThrow('store: must keep')
  })

  const plain = { encrypt: (text: string) => text, decrypt: (text: string) => text }

  test('that says nothing of it is heard when it drops a key', async () => {
    const server = trialServer()
    const { isBounded: _, ...bounded } = memoryStore({ maxSettled: 1, now: server.now })
    const events: unknown[] = []
    const once = server.process({
      store: bounded,
      onEvent: ({ type, scope, key }) => events.push({ type, scope, key }),
    })
    await once.handle(post('a/b'), shop().handler)
    await once.handle(post('c'), shop().handler)
    expect(events).toContainEqual({ type: 'dropped', scope: 'shop', key: 'a/b' })
  })
})

test('a file that was copied into its place remembers from now on, a file that stays does not', async () => {
  const { copyFileSync, renameSync } = await import('node:fs')
  const path = join(tempFolder(), 'store.db')
  let nowAt = 1_000
  const open = () => sqliteStore(path, { now: () => nowAt })
  const store = open()
  expect(await store.since?.()).toBe(1_000)
  await store.close?.()
  copyFileSync(path, `${path}.copy`)
  nowAt = 5_000
  const same = open()
  expect(await same.since?.()).toBe(1_000)
  await same.close?.()
  renameSync(`${path}.copy`, path)
  nowAt = 9_000
  const restored = open()
  expect(await restored.since?.()).toBe(9_000)
  await restored.close?.()
  nowAt = 20_000
  const later = open()
  expect(await later.since?.()).toBe(9_000)
  await later.close?.()
})

describe('a backup that was written into the same file', () => {
  let nowAt = 1_000
  const write = async (path: string, key: string) => {
    const store = sqliteStore(path, { now: () => nowAt })
    await store.set(key, 'x', { expected: null, open: false })
    return store
  }
  const sinceOf = async (path: string) => {
    const store = sqliteStore(path, { now: () => nowAt })
    const since = await store.since?.()
    await store.close?.()
    return since
  }
  /** As `cp backup keys.db` does. */
  const putBack = (path: string, backup: Uint8Array) => {
    const { ino } = statSync(path)
    writeFileSync(path, backup)
    expect(statSync(path).ino).toBe(ino)
  }
  /** An online backup. */
  const copyInto = (path: string, backup: string) => {
    const db = new DatabaseSync(path)
    db.prepare('VACUUM INTO ?').run(backup)
    db.close()
  }

  test('is noticed at the next opening: the retry of what it lost is refused', async () => {
    nowAt = BEGIN
    const path = join(tempFolder(), 'keys.db')
    await (await write(path, 'k1')).close?.()
    const backup = readFileSync(path)
    nowAt += 5_000
    const firstSent = new Date(nowAt).toUTCString()
    await (await write(path, 'k2')).close?.()
    nowAt += 5_000
    putBack(path, backup)

    const store = sqliteStore(path, { now: () => nowAt })
    const once = buildIdempotency({ store, scope: 'shop' }, () => ({ ...worker, now: () => nowAt }))
    const { handler, orders } = shop()
    const retry = post('k2', { headers: { 'idempotency-first-sent': firstSent } })
    expect(await told(once.handle(retry, handler))).toMatchObject({ status: 412, code: 'key-expired' })
    expect(orders).toEqual([])
    await store.close?.()
    nowAt += 60_000
    expect(await sinceOf(path)).toBe(BEGIN + 10_000)
  })

  test('is noticed after a process that never closed the file, too', async () => {
    nowAt = 1_000
    const path = join(tempFolder(), 'keys.db')
    await (await write(path, 'k1')).close?.()
    const backup = readFileSync(path)
    const killed = await write(path, 'k2')
    const mark = readFileSync(`${path}-stillonce`)
    await killed.close?.()
    writeFileSync(`${path}-stillonce`, mark)
    nowAt = 9_000
    putBack(path, backup)
    expect(await sinceOf(path)).toBe(9_000)
  })

  test('is noticed however shortly before its end a process wrote what the backup lacks', async () => {
    nowAt = 1_000
    const path = join(tempFolder(), 'keys.db')
    const killed = await write(path, 'k1')
    copyInto(path, `${path}.backup`)
    await killed.set('k2', 'x', { expected: null, open: false })
    const mark = readFileSync(`${path}-stillonce`)
    await killed.close?.()
    writeFileSync(`${path}-stillonce`, mark)
    nowAt = 9_000
    putBack(path, readFileSync(`${path}.backup`))
    expect(await sinceOf(path)).toBe(9_000)
  })

  test('is noticed whichever of two processes wrote last, and whoever of them is late', async () => {
    nowAt = 1_000
    const path = join(tempFolder(), 'keys.db')
    const one = await write(path, 'k1')
    const other = await write(path, 'k2')
    copyInto(path, `${path}.backup`)
    await other.set('k3', 'x', { expected: null, open: false })
    // It answers now what it has written before.
    const late = tidemark(path)
    late.cameTo(1)
    late.close()
    const mark = readFileSync(`${path}-stillonce`)
    await one.close?.()
    await other.close?.()
    writeFileSync(`${path}-stillonce`, mark)
    nowAt = 9_000
    putBack(path, readFileSync(`${path}.backup`))
    expect(await sinceOf(path)).toBe(9_000)
  })

  test('is noticed when what it lacks was read, and its writer never heard of it', async () => {
    nowAt = 1_000
    const path = join(tempFolder(), 'keys.db')
    const reader = await write(path, 'k1')
    copyInto(path, `${path}.backup`)
    const mark = readFileSync(`${path}-stillonce`)
    await (await write(path, 'k2')).close?.()
    // As it is when the writer dies between its commit and its mark.
    writeFileSync(`${path}-stillonce`, mark)
    expect(await reader.get('k2')).toBeDefined()
    const marked = readFileSync(`${path}-stillonce`)
    await reader.close?.()
    writeFileSync(`${path}-stillonce`, marked)
    nowAt = 9_000
    putBack(path, readFileSync(`${path}.backup`))
    expect(await sinceOf(path)).toBe(9_000)
  })

  test('is noticed once: what is written from then on is remembered', async () => {
    nowAt = 1_000
    const path = join(tempFolder(), 'keys.db')
    const store = await write(path, 'k1')
    copyInto(path, `${path}.backup`)
    for (const key of ['k2', 'k3', 'k4', 'k5']) await store.set(key, 'x', { expected: null, open: false })
    await store.close?.()
    putBack(path, readFileSync(`${path}.backup`))
    nowAt = 9_000
    await (await write(path, 'k2')).close?.()
    nowAt = 20_000
    expect(await sinceOf(path)).toBe(9_000)
  })

  test.each<[string, (path: string) => void]>([
    ['a touch', path => utimesSync(path, new Date(), new Date())],
    ['the same content', path => writeFileSync(path, readFileSync(path))],
    ['a mark that is missing', path => rmSync(`${path}-stillonce`)],
    ['a mark that is damaged', path => writeFileSync(`${path}-stillonce`, 'garbage')],
    ['a mark that is behind', path => writeFileSync(`${path}-stillonce`, '0000000000000001\n')],
  ])('%s is none', async (_, change) => {
    nowAt = 1_000
    const path = join(tempFolder(), 'keys.db')
    await (await write(path, 'k1')).close?.()
    await (await write(path, 'k2')).close?.()
    nowAt = 9_000
    change(path)
    expect(await sinceOf(path)).toBe(1_000)
    expect(readTidemark(path)).toBe(2)
  })
})

test('a file of another layout is told as that, and nobody is told to remember from now on', async () => {
  const path = join(tempFolder(), 'keys.db')
  const first = sqliteStore(path)
  await first.set('a', 'x', { expected: null, open: false })
  await first.close?.()
  const db = new DatabaseSync(path)
  db.exec('PRAGMA user_version = 2')
  db.close()
  const errors: string[] = []
  const store = sqliteStore(path)
  const once = createIdempotency({
    store,
    scope: 'shop',
    onError: error => errors.push((error as Error).message),
  })
  expect(await told(once.handle(post('k1'), shop().handler))).toMatchObject({
    status: 503,
    code: 'store-unavailable',
  })
  expect(errors[0]).toContain(`The SQLite store ${path} was written by a newer version of stillonce`)
  expect(errors.join(' ')).not.toContain('rememberFromNow')
  await store.close?.()
})

describe('a memory that cannot be understood', () => {
  const MEMORY = 'ss1-memory'
  const whole = { v: 1, bornAt: BEGIN, retentionMs: DAY, earlier: [] }

  test.each([
    ['damaged', 'garbage'],
    ['empty', ''],
    ['of a newer version', JSON.stringify({ ...whole, v: 2 })],
    ['without a birth', JSON.stringify({ ...whole, bornAt: null })],
    ['of a retention that cannot be', JSON.stringify({ ...whole, retentionMs: -5 })],
  ])('(%s) executes nothing, claims nothing, and is mended by the word of its owner', async (_, value) => {
    const { process, store, events, clock, now } = trialServer()
    await store.set(MEMORY, value, { expected: null, open: false })
    const { handler, orders } = shop()
    const errors: string[] = []
    const once = process({ onError: error => errors.push((error as Error).message) })

    const answer = await told(once.handle(post('k1'), handler))
    expect(answer).toMatchObject({ status: 503, code: 'store-unavailable', replayed: false })
    expect(answer.headers.get('retry-after')).toBe('1')
    expect(await told(once.status(atKey('k1')))).toMatchObject({ status: 503, code: 'store-unavailable' })
    expect(await told(once.seal(atKey('k1', 'DELETE')))).toMatchObject({ status: 503 })
    await expect(once.run('k2', { scope: 'shop', payload: 1 }, () => 1)).rejects.toMatchObject({
      code: 'store-unavailable',
    })
    expect([orders, new Set(events)]).toEqual([[], new Set(['store-failed'])])
    expect(errors[0]).toContain('`ss1-memory`')
    expect(errors[0]).toContain('rememberFromNow()')
    expect(await once.counts()).toMatchObject({ processing: 0, unknown: 0, damaged: 1 })
    expect((await store.get(MEMORY))?.value).toBe(value)

    const before = new Date(now()).toUTCString()
    await clock.advance(10_000)
    await once.rememberFromNow()
    expect(await once.counts()).toMatchObject({ damaged: 0 })
    const old = post('k3', { headers: { 'idempotency-first-sent': before } })
    for (const server of [once, process()]) {
      expect(await told(server.handle(old.clone(), handler))).toMatchObject({ code: 'key-expired' })
    }
    expect((await once.handle(post('k1'), handler)).status).toBe(201)
    expect(orders).toHaveLength(1)
  })

  test('because its codec has another secret is mended too, and the keys of before stay unknown', async () => {
    let secret = 'a'
    const codec = {
      encrypt: (text: string) => `${secret}${text}`,
      decrypt: (sealed: string) => {
        if (!sealed.startsWith(secret)) throw new Error('another secret')
        return sealed.slice(1)
      },
    }
    const store = memoryStore({ maxSettled: Infinity, codec })
    const serve = () => createIdempotency({ store, scope: 'shop' })
    const { handler, orders } = shop()
    expect((await serve().handle(post('k1'), handler)).status).toBe(201)
    secret = 'b'
    const once = serve()
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ code: 'store-unavailable' })
    expect(await told(once.handle(post('k2'), handler))).toMatchObject({ code: 'store-unavailable' })
    await once.rememberFromNow()
    expect(await told(once.handle(post('k1'), handler))).toMatchObject({ code: 'outcome-unknown' })
    expect((await once.handle(post('k2'), handler)).status).toBe(201)
    expect(orders).toHaveLength(2)
  })

  test('is set anew where it is whole, too: for a backup that was written into the file', async () => {
    const { process, clock, now } = trialServer()
    const { handler } = shop()
    const once = process()
    expect((await once.handle(post('k1'), handler)).status).toBe(201)
    const before = { headers: { 'idempotency-first-sent': new Date(now()).toUTCString() } }
    await clock.advance(10_000)
    await once.rememberFromNow()
    expect(await told(once.handle(post('k1', before), handler))).toMatchObject({
      status: 201,
      replayed: true,
    })
    expect(await told(once.handle(post('k2', before), handler))).toMatchObject({ code: 'key-expired' })
  })
})
