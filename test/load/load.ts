import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { Agent, request as httpRequest } from 'node:http'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { randomOf } from '../simulation/random.ts'
import type { Told } from './verdict.ts'
import { verdictOf, wordOf } from './verdict.ts'
import { Workers } from './workers.ts'

/*
 * Two processes on one SQLite file behind `node:http`, under load, one of them killed again and again. Nothing may
 * happen twice, nothing that was confirmed may be lost, nothing untrue may be said. All of it on loopback.
 *
 *   npm run test:load -- [--requests 20000] [--kills 20] [--at-once 64] [--seed 1]
 */

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '20000' },
    kills: { type: 'string', default: '20' },
    'at-once': { type: 'string', default: '64' },
    seed: { type: 'string', default: '1' },
  },
})
const [most, kills, atOnce, seed] = [values.requests, values.kills, values['at-once'], values.seed].map(
  Number,
)
if (![most, kills, atOnce, seed].every(Number.isSafeInteger))
  throw new Error('Each option must be a whole number.')
const requestCount = most ?? 0
const killCount = kills ?? 0

const LEASE_MS = 2_000
const LONGEST_MS = 20_000
const REPEATED = 0.3
/** So many of the latest keys are sent again. */
const RECENT = 200

const folder = mkdtempSync(path.join(tmpdir(), 'stillonce-load-'))
const ledger = path.join(folder, 'ledger')
const workers = new Workers([path.join(folder, 'keys.db'), ledger, String(LEASE_MS)])
const random = randomOf(seed ?? 1, 1)
const agent = new Agent({ keepAlive: true, maxSockets: 200 })

const answers = new Map<string, Told[]>()
const counts: Record<string, number> = {}
const times: number[] = []
const memory: number[][] = [[], []]
const recent: string[] = []
const progress = { sent: 0, done: 0, isOver: () => progress.done >= requestCount }

function call(method: string, target: string, key?: string): Promise<Told> {
  return new Promise((resolve, reject) => {
    const body = key === undefined ? undefined : JSON.stringify({ n: key })
    const headers = {
      ...(key !== undefined && { 'idempotency-key': key, 'content-type': 'application/json' }),
      ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
    }
    const port = workers.portOf(random.between(0, 1))
    const outgoing = httpRequest(
      { agent, host: '127.0.0.1', port, method, path: target, headers },
      incoming => {
        const chunks: Buffer[] = []
        incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
        incoming.on('error', reject)
        incoming.on('end', () =>
          resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks).toString() }),
        )
      },
    )
    outgoing.on('error', reject)
    outgoing.setTimeout(LONGEST_MS, () => outgoing.destroy(new Error('timeout')))
    outgoing.end(body)
  })
}

function nextKey(): string {
  const again = random.chance(REPEATED) ? recent[random.between(0, recent.length - 1)] : undefined
  if (again !== undefined) return again
  const key = `key-${answers.size + progress.sent}`
  recent.unshift(key)
  recent.length = Math.min(recent.length, RECENT)
  return key
}

/** Nothing was sent where nobody listened: it goes to the other process, as a balancer does. */
async function delivered(key: string): Promise<Told> {
  for (;;) {
    try {
      return await call('POST', '/orders', key)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') throw error
      await pause(20)
    }
  }
}

const count = (what: string) => {
  counts[what] = (counts[what] ?? 0) + 1
}

async function client(): Promise<void> {
  while (progress.sent < requestCount) {
    progress.sent += 1
    const key = nextKey()
    const told = answers.get(key) ?? []
    answers.set(key, told)
    const begun = performance.now()
    try {
      const answer = await delivered(key)
      times.push(performance.now() - begun)
      told.push(answer)
      count(String(answer.status))
    } catch (error) {
      count((error as NodeJS.ErrnoException).code ?? (error as Error).message)
      await pause(2)
    }
    progress.done += 1
  }
}

async function killer(): Promise<void> {
  for (let killed = 0; killed < killCount; killed++) {
    const next = (requestCount / (killCount + 1)) * (killed + 1)
    while (progress.done < next) await pause(5)
    await workers.kill(killed % 2)
    await workers.start(killed % 2)
  }
}

async function sampler(): Promise<void> {
  while (!progress.isOver()) {
    for (const [slot, samples] of memory.entries()) {
      const rss = await workers.rssOf(slot).catch(() => undefined)
      if (rss !== undefined) samples.push(rss)
    }
    await pause(1_000)
  }
}

/** A connection of the pool may be one to a process that was killed: to ask again harms nothing. */
async function asked(target: string): Promise<Told> {
  for (let turn = 1; ; turn++) {
    try {
      return await call('GET', target)
    } catch (error) {
      if (turn === 5) throw error
    }
  }
}

async function statuses(): Promise<Map<string, Told>> {
  const found = new Map<string, Told>()
  const keys = [...answers.keys()]
  const ask = async () => {
    for (let key = keys.pop(); key !== undefined; key = keys.pop())
      found.set(key, await asked(`/orders/by-key/${key}`))
  }
  await Promise.all(Array.from({ length: atOnce ?? 1 }, ask))
  return found
}

try {
  await Promise.all([workers.start(0), workers.start(1)])
  const begun = performance.now()
  await Promise.all([...Array.from({ length: atOnce ?? 1 }, client), killer(), sampler()])
  const seconds = (performance.now() - begun) / 1_000
  // The claims of those that were killed lapse.
  await pause(LEASE_MS + 500)
  const ends = await statuses()
  const effects = readFileSync(ledger, 'utf8')
    .split('\n')
    .flatMap(line => line.split(' ')[0] || [])
  const { doubled, lost, untrue } = verdictOf({ effects, answers, statuses: ends })
  const words: Record<string, number> = {}
  for (const told of ends.values()) words[wordOf(told)] = (words[wordOf(told)] ?? 0) + 1
  times.sort((one, other) => one - other)
  const quantile = (part: number) => `${Math.round(times[Math.floor(times.length * part)] ?? 0)} ms`
  const mib = (bytes: number | undefined) => Math.round((bytes ?? 0) / 2 ** 20)
  console.log(`${progress.done} requests under ${answers.size} keys, ${killCount} kills, seed ${seed}`)
  console.log(`rate    ${Math.round(progress.done / seconds)}/s; p50 ${quantile(0.5)}, p99 ${quantile(0.99)}`)
  for (const [slot, samples] of memory.entries())
    console.log(
      `memory  process ${slot}: ${mib(samples[0])} MiB at first, at most ${mib(Math.max(...samples))} MiB`,
    )
  console.log('answers', counts)
  console.log('ends   ', words)
  console.log(`${doubled.length} doubled, ${lost.length} lost, ${untrue.length} untrue`)
  for (const key of [...doubled, ...lost, ...untrue].slice(0, 10))
    console.log(key, answers.get(key), ends.get(key))
  process.exitCode = doubled.length + lost.length + untrue.length === 0 ? 0 : 1
} finally {
  agent.destroy()
  await workers.end()
  rmSync(folder, { recursive: true, force: true })
}
