import { join } from 'node:path'
import { expect, test } from 'vitest'
import { sqliteStore } from '../../src/stores/sqlite/sqlite-store.ts'
import { startChild } from './child.ts'
import { tempFolder } from './temp-folder.ts'

test('two processes that write 200 keys at once: one wins each, and both know it', async () => {
  const path = join(tempFolder(), 'store.db')
  const racers = [startChild('racer', path, 'first'), startChild('racer', path, 'second')]
  for (const racer of racers) expect(await racer.next()).toBe('ready')
  for (const racer of racers) racer.send('go')
  const won = await Promise.all(racers.map(racer => racer.next() as Promise<Record<string, string>>))

  const claims = won.flatMap(wins => Object.keys(wins))
  expect(claims.length).toBe(200)
  expect(new Set(claims).size).toBe(200)
  const store = sqliteStore(path)
  for (const [index, name] of ['first', 'second'].entries()) {
    for (const [key, version] of Object.entries(won[index] ?? {})) {
      expect({ ...(await store.get(key)) }).toEqual({ value: name, version })
    }
  }
  await store.close?.()
})

test('while another process holds the lock the event loop goes on, and then the writes are done', async () => {
  const path = join(tempFolder(), 'store.db')
  const store = sqliteStore(path)
  await store.set('so1/a/b/0', 'x', { expected: null, open: true })

  // Other load can stop any process for a while, so the best of three counts; waiting inside SQLite would stop
  // each of them until the lock is free, which it never would be.
  const stops: number[] = []
  for (let round = 1; round <= 3; round += 1) {
    const holder = startChild('lock-holder', path)
    expect(await holder.next()).toBe('holding')
    const write = store.set(`so1/a/b/${round}`, 'x', { expected: null, open: true })
    const outcome = { settled: false }
    void write.then(() => (outcome.settled = true))

    stops.push(await longestStopMs(2_000))
    expect(outcome.settled).toBe(false)
    expect((await store.get('so1/a/b/0'))?.value).toBe('x')

    holder.send('let go')
    expect(await holder.next()).toBe('released')
    expect(await write).toBe(String(round + 1))
  }
  expect(Math.min(...stops)).toBeLessThan(50)
  await store.close?.()
})

test('a file that is locked at its first use is waited for', async () => {
  const path = join(tempFolder(), 'store.db')
  const maker = sqliteStore(path)
  await maker.get('the file is there')
  await maker.close?.()
  const holder = startChild('lock-holder', path)
  expect(await holder.next()).toBe('holding')

  const store = sqliteStore(path)
  const write = store.set('so1/a/b/c', 'x', { expected: null, open: true })
  await longestStopMs(100)
  holder.send('let go')
  expect(await write).toBe('1')
  await store.close?.()
})

test('a file that stays locked fails the write after busyTimeout, and works when it is free', async () => {
  const path = join(tempFolder(), 'store.db')
  const store = sqliteStore(path, { busyTimeout: 5 })
  await store.set('so1/a/b/1', 'x', { expected: null, open: true })
  const holder = startChild('lock-holder', path)
  expect(await holder.next()).toBe('holding')

  await expect(store.set('so1/a/b/2', 'x', { expected: null, open: true })).rejects.toMatchObject({
    name: 'StoreError',
    kind: 'failed',
    message: `The SQLite store ${path} stayed locked by another process for 5 ms (busyTimeout): nothing was written.`,
  })

  holder.send('let go')
  expect(await holder.next()).toBe('released')
  expect(await store.get('so1/a/b/2')).toBeUndefined()
  expect(await store.set('so1/a/b/2', 'x', { expected: null, open: true })).toBe('2')
  await store.close?.()
})

test('no write that a process acknowledged is lost when the process is killed', async () => {
  const path = join(tempFolder(), 'store.db')
  const acknowledged = new Map<string, string>()
  // The last two fall among the checkpoints.
  for (const [round, killAfter] of [1, 9, 40, 111, 250, 2_500, 4_000].entries()) {
    const writer = startChild('writer', path, `round-${round}`)
    for (let received = 0; received < killAfter; received += 1) {
      const { key, version } = (await writer.next()) as { readonly key: string; readonly version: string }
      acknowledged.set(key, version)
    }
    writer.process.kill('SIGKILL')
    await writer.ended
  }

  const store = sqliteStore(path)
  const listed = new Map<string, string>()
  for await (const { key, version } of store.listOpen('so1/kill/')) listed.set(key, version)
  expect(acknowledged.size).toBe(6_911)
  for (const [key, version] of acknowledged) expect(listed.get(key), key).toBe(version)
  expect(new Set(listed.values()).size).toBe(listed.size)
  await store.close?.()
})

/** The longest time between two turns of the event loop, over so many turns. */
async function longestStopMs(turns: number): Promise<number> {
  let longestMs = 0
  let lastMs = performance.now()
  for (let turn = 0; turn < turns; turn += 1) {
    await nextTurn()
    const nowMs = performance.now()
    longestMs = Math.max(longestMs, nowMs - lastMs)
    lastMs = nowMs
  }
  return longestMs
}

function nextTurn(): Promise<void> {
  return new Promise(resolve => {
    setImmediate(resolve)
  })
}
