import { parseArgs } from 'node:util'
import { Redis } from 'ioredis'
import { startPostgres } from '../../fleet/harness/postgres-server.ts'
import { startRedis } from '../../fleet/harness/redis-server.ts'
import { figureOf, isReached, type Both, type Figure, type Goal } from '../figure.ts'
import { tableOf } from '../figure-table.ts'
import { installPeers, peersOn } from './fleet-peers.ts'
import { postgresListings, redisListings, type Listing } from './fleet-listings.ts'
import { oursOn } from './fleet-server.ts'
import { otherWork, type OtherWork } from './other-work.ts'
import { postgresWriters, redisWriters } from './fleet-writers.ts'

const USAGE = `npm run bench:fleet -- [options]
  --rounds N     batches of each, in turns; default 15
  --only PART    postgres, redis, server or listing; may be repeated; default: all of them
  --quiet        for the part server: only rounds in which other processes use less than a tenth of the machine (Linux)
  --at-once      no gradual warm-up: the first calls of each come all together, in a process that was idle before
  --settled N    records among which 100 open ones are listed; default 1,000,000`

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '15' },
    only: { type: 'string', multiple: true, default: ['postgres', 'redis', 'server', 'listing'] },
    quiet: { type: 'boolean', default: false },
    'at-once': { type: 'boolean', default: false },
    settled: { type: 'string', default: '1000000' },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(USAGE)
  process.exit(0)
}

/** What is done again and again, `AT_A_TIME` at a time; each call does one. */
export type Contestant = {
  readonly name: string
  readonly one: () => Promise<unknown>
  readonly end: () => Promise<unknown>
}

const AT_A_TIME = 64
/**
 * How many calls at a time the batches before the first round have. The load of a service grows. If the first calls of a
 * process come 64 at a time, all of them outlive V8's first collections, and V8 makes such objects in its old generation
 * from then on: docs/speed.md.
 */
const WARM_UP = values['at-once'] ? [] : [1, 1, 2, 4, 8, 16, 32]
/** For each round that is asked for, before the machine is given up as never quiet. */
const MOST_TRIES = 40
/** Of the machine, by other processes. */
const QUIET = 0.1
const rounds = Number(values.rounds)
const settled = Number(values.settled)

const isAsked = (part: 'postgres' | 'redis' | 'server' | 'listing') => values.only.includes(part)
const needsPostgres = isAsked('postgres') || isAsked('listing')
const needsRedis = isAsked('redis') || isAsked('server') || isAsked('listing')
if (!needsPostgres && !needsRedis) {
  console.error(USAGE)
  process.exit(1)
}

if (isAsked('server')) installPeers()
const [postgresServer, redisServer] = await Promise.all([
  needsPostgres ? startPostgres() : undefined,
  // As most have it: a log, synced each second. The last setting of a name counts.
  needsRedis ? startRedis(['--appendfsync', 'everysec']) : undefined,
])
try {
  const atLeast = (limit: number): Goal => ({ of: 'ratio', is: 'at least', limit })
  const writes = 'two compare-and-sets, 64 at a time'
  if (postgresServer !== undefined && isAsked('postgres'))
    await print(
      'PostgreSQL',
      writes,
      await held(await postgresWriters(postgresServer.url), 320, atLeast(0.9)),
    )
  if (redisServer !== undefined && isAsked('redis'))
    await print('Redis', writes, await held(await redisWriters(redisServer.url), 3_200, atLeast(0.9)))
  for (const client of ['redis', 'ioredis'] as const) {
    if (redisServer === undefined || !isAsked('server')) continue
    const once = [await oursOn(redisServer.url, client), ...(await peersOn(redisServer.url))]
    const observer = values.quiet ? new Redis(redisServer.url) : undefined
    const figures = await held(once, 3_200, atLeast(1), observer && (() => otherWork(observer)))
    observer?.disconnect()
    await print('Redis', 'keys claimed and completed, 64 at a time', figures)
  }
  const among = `100 open among ${settled}`
  if (postgresServer !== undefined && isAsked('listing'))
    await print('PostgreSQL', among, await listed(await postgresListings(postgresServer.url, settled)))
  if (redisServer !== undefined && isAsked('listing'))
    await print('Redis', among, await listed(await redisListings(redisServer.url, settled)))
} finally {
  await postgresServer?.stop()
  await redisServer?.stop()
}

async function print(server: string, what: string, figures: readonly Figure[]): Promise<void> {
  console.log(`\n### ${server}: ${what}\n\n${tableOf(figures)}`)
  if (figures.some(figure => isReached(figure) === false)) console.log('\nA goal is missed.')
}

/** What one batch took, by the clock and of this process's CPU, which other work on the machine falsifies less. */
type Batch = { readonly perSecond: number; readonly cpuUs: number }

/** The first beside each of the others, in batches that take turns. */
async function held(
  contestants: readonly Contestant[],
  count: number,
  goal: Goal,
  watch?: () => Promise<OtherWork>,
): Promise<Figure[]> {
  const batches = contestants.map((): Batch[] => [])
  for (const atATime of WARM_UP) for (const { one } of contestants) await batch(one, count, atATime)
  let tries = 0
  for (let round = -3; round < rounds && tries < rounds * MOST_TRIES; tries += 1) {
    const others = await watch?.()
    const measured: Batch[] = []
    // Who begins may find another server than who comes after.
    const turns = [...contestants.entries()]
    for (const [at, { one }] of tries % 2 === 0 ? turns : turns.toReversed())
      measured[at] = await batch(one, count)
    if (round >= 0 && others !== undefined && (await others()) >= QUIET) continue
    if (round >= 0) for (const [at, each] of measured.entries()) batches[at]?.push(each)
    round += 1
  }
  if (watch !== undefined) console.log(`${batches[0]?.length} quiet rounds of ${tries - 3}`)
  if (batches[0]?.length === 0) throw new Error('The machine was never quiet.')
  for (const { end } of contestants) await end()
  const rates = (at: number): Both => ({ here: (batches[at] ?? []).map(({ perSecond }) => perSecond) })
  const cpu = (at: number): Both => ({ here: (batches[at] ?? []).map(({ cpuUs }) => cpuUs) })
  const [ours, ...others] = contestants
  return [
    ...others.map(({ name }, at) => figureOf(name, '/s', rates(at + 1))),
    ...others.map(({ name }, at) =>
      figureOf(`${ours?.name}`, '/s', rates(0), { to: name, measured: rates(at + 1), goal }),
    ),
    ...others.map(({ name }, at) => figureOf(name, 'us CPU', cpu(at + 1))),
    ...others.map(({ name }, at) =>
      figureOf(`${ours?.name}`, 'us CPU', cpu(0), { to: name, measured: cpu(at + 1) }),
    ),
  ]
}

async function batch(one: Contestant['one'], count: number, atATime = AT_A_TIME): Promise<Batch> {
  const cpuBefore = process.cpuUsage()
  const begunMs = performance.now()
  let left = count
  await Promise.all(
    Array.from({ length: atATime }, async () => {
      while (left > 0) {
        left -= 1
        await one()
      }
    }),
  )
  const perSecond = (count / (performance.now() - begunMs)) * 1_000
  const { user, system } = process.cpuUsage(cpuBefore)
  return { perSecond, cpuUs: (user + system) / count }
}

async function listed({ few, many, end }: Listing): Promise<Figure[]> {
  const [fewUs, manyUs]: [number[], number[]] = [[], []]
  for (let round = -20; round < 5 * rounds; round += 1) {
    const measured = [await microseconds(few), await microseconds(many)] as const
    if (round < 0) continue
    fewUs.push(measured[0])
    manyUs.push(measured[1])
  }
  await end()
  const to = 'among 1,000'
  return [
    figureOf(to, 'us', { here: fewUs }),
    figureOf(
      `among ${settled.toLocaleString('en')}`,
      'us',
      { here: manyUs },
      {
        to,
        measured: { here: fewUs },
        goal: { of: 'ratio', is: 'at most', limit: 2 },
      },
    ),
  ]
}

async function microseconds(list: () => Promise<number>): Promise<number> {
  const begunMs = performance.now()
  const found = await list()
  if (found !== 100) throw new Error(`${found} records were listed, and 100 are open`)
  return (performance.now() - begunMs) * 1_000
}
