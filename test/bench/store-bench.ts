/**
 * What a store costs: insert and finish of 200 bytes, 64 operations at a time by default, each with one round trip over a socket
 * between the two writes, as a real call has. Variants take turns, so that what else the machine does meets all of
 * them; compare the ratios. `node test/bench/store-bench.ts [operations] [rounds] [at a time]`
 */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryStore } from '../../src/stores/memory.ts'
import { sqliteFile } from '../../src/stores/sqlite-file.ts'
import { applySet } from '../../src/stores/sqlite-transaction.ts'
import { sqliteWriter } from '../../src/stores/sqlite-writer.ts'
import type { RecordStore } from '../../src/store.ts'

const [operations = 5_000, rounds = 5, atATime = 64] = process.argv.slice(2).map(Number)
const VALUE = 'x'.repeat(200)

type Opened = { readonly set: RecordStore['set']; readonly close: () => void }
type Variant = { readonly name: string; readonly roundTrip: boolean; readonly open: (path: string) => Opened }

const variants: readonly Variant[] = [true, false].flatMap(roundTrip => [
  { name: 'memory', roundTrip, open: openMemory },
  {
    name: 'sqlite, a transaction per turn (as shipped)',
    roundTrip,
    open: path => openSqlite(path, setImmediate),
  },
  { name: 'sqlite, two turns', roundTrip, open: path => openSqlite(path, twoTurns) },
  { name: 'sqlite, queueMicrotask', roundTrip, open: path => openSqlite(path, queueMicrotask) },
])

function openMemory(): Opened {
  const store = memoryStore()
  return { set: (key, value, options) => store.set(key, value, options), close: () => {} }
}

function openSqlite(path: string, afterThisTurn: (flush: () => void) => unknown): Opened {
  const file = sqliteFile(path)
  const writer = sqliteWriter(file, Date.now, 10_000, afterThisTurn)
  return {
    set: (key, value, options) => writer.write(transaction => applySet(transaction, key, value, options)),
    close: file.close,
  }
}

function twoTurns(flush: () => void): void {
  setImmediate(() => setImmediate(flush))
}

type Measured = { readonly perSecond: number; readonly p50Us: number; readonly cpuUs: number }

async function measure({ roundTrip, open }: Variant, path: string, port: number): Promise<Measured> {
  const { set, close } = open(path)
  const sockets = await Promise.all(Array.from({ length: atATime }, () => connected(port)))
  const latencies: number[] = []
  let begun = 0
  const cpu = process.cpuUsage()
  const startedMs = performance.now()
  await Promise.all(
    sockets.map(async socket => {
      for (let number = begun++; number < operations; number = begun++) {
        const key = `so1/user-${number % 50}/order/${crypto.randomUUID()}`
        const beganMs = performance.now()
        const version = await set(key, VALUE, { expected: null, open: true })
        if (roundTrip) await echo(socket)
        await set(key, VALUE, { expected: version ?? '', open: false, expiresAt: Date.now() + 86_400_000 })
        latencies.push(performance.now() - beganMs)
      }
    }),
  )
  const tookMs = performance.now() - startedMs
  const { user, system } = process.cpuUsage(cpu)
  for (const socket of sockets) socket.destroy()
  close()
  return {
    perSecond: (operations / tookMs) * 1_000,
    p50Us: median(latencies) * 1_000,
    cpuUs: (user + system) / operations,
  }
}

async function connected(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1').setNoDelay(true)
  await once(socket, 'connect')
  return socket
}

function echo(socket: Socket): Promise<unknown> {
  return new Promise(resolve => {
    socket.once('data', resolve)
    socket.write('?')
  })
}

function median(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN
}

const server = createServer(socket => socket.setNoDelay(true).pipe(socket)).listen(0, '127.0.0.1')
await once(server, 'listening')
const { port } = server.address() as AddressInfo
const folder = mkdtempSync(join(tmpdir(), 'stillonce-bench-'))
const results = new Map<Variant, Measured[]>(variants.map(variant => [variant, []]))
for (let round = 0; round < rounds; round += 1) {
  for (const [index, variant] of variants.entries()) {
    results.get(variant)?.push(await measure(variant, join(folder, `${round}-${index}.db`), port))
  }
}
server.close()
rmSync(folder, { recursive: true })

for (const roundTrip of [true, false]) {
  console.log(roundTrip ? '\nwith a round trip between the writes' : '\nthe two writes alone')
  const memory = summary(variants.find(each => each.name === 'memory' && each.roundTrip === roundTrip))
  for (const variant of variants.filter(each => each.roundTrip === roundTrip)) {
    const { perSecond, p50Us, cpuUs } = summary(variant)
    console.log(
      `${variant.name.padEnd(44)} ${perSecond.toFixed(0).padStart(8)} /s  ${(perSecond / memory.perSecond).toFixed(2)}x ` +
        `p50 ${p50Us.toFixed(0)} us (${(p50Us / memory.p50Us).toFixed(2)}x)  CPU ${cpuUs.toFixed(1)} us each`,
    )
  }
}

function summary(variant: Variant | undefined): Measured {
  const measured = (variant && results.get(variant)) ?? []
  return {
    perSecond: median(measured.map(each => each.perSecond)),
    p50Us: median(measured.map(each => each.p50Us)),
    cpuUs: median(measured.map(each => each.cpuUs)),
  }
}
