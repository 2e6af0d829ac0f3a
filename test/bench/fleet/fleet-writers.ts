import { Pool } from 'pg'
import { createClient } from 'redis'
import type { RecordStore } from '../../../src/public/store.ts'
import { postgresStore } from 'stillonce/postgres'
import { redisStore } from 'stillonce/redis'
import type { Contestant } from './bench-fleet.ts'

const CONNECTIONS = 16
/** As large as a record of an operation. */
const PENDING = JSON.stringify({ state: 'pending', filling: 'x'.repeat(500) })
const SUCCEEDED = JSON.stringify({ state: 'succeeded', filling: 'x'.repeat(700) })
const DAY_MS = 86_400_000

let count = 0
const nextKey = (): string => `so1/bench/order/${(count += 1)}/${crypto.randomUUID()}`

/** A record is made and settled: what one operation writes. */
async function twoWrites(store: RecordStore): Promise<void> {
  const key = nextKey()
  const version = await store.set(key, PENDING, { expected: null, open: true })
  const expiresAt = Date.now() + DAY_MS
  const settled = await store.set(key, SUCCEEDED, { expected: version ?? '', open: false, expiresAt })
  if (settled === undefined) throw new Error('A write of a key of its own was lost.')
}

/** The store, and the driver alone with the statements that the store sends. */
export async function postgresWriters(url: string): Promise<Contestant[]> {
  const [own, bare] = [0, 0].map(() => new Pool({ connectionString: url, max: CONNECTIONS })) as [Pool, Pool]
  const texts: string[] = []
  const listening = {
    query: (text: string, values: unknown[]) => {
      texts.push(text)
      return bare.query(text, values)
    },
  }
  await postgresStore(bare).migrate()
  await twoWrites(postgresStore(listening))
  const create = texts.find(text => text.startsWith('INSERT')) ?? ''
  const update = texts.find(text => text.startsWith('UPDATE')) ?? ''
  const store = postgresStore(own)
  return [
    { name: 'postgresStore', one: () => twoWrites(store), end: () => own.end() },
    {
      name: 'pg alone, the same two statements',
      end: () => bare.end(),
      one: async () => {
        const [key, first, second] = [nextKey(), crypto.randomUUID(), crypto.randomUUID()]
        await bare.query(create, [key, null, PENDING, first, true, null, null])
        const { rows } = await bare.query(update, [
          key,
          first,
          SUCCEEDED,
          second,
          false,
          Date.now() + DAY_MS,
          null,
        ])
        if (rows.length !== 1) throw new Error('A write of a key of its own was lost.')
      },
    },
  ]
}

/** The store, and the library alone with the script that the store sends, for each write one. */
export async function redisWriters(url: string): Promise<Contestant[]> {
  const [own, bare] = await Promise.all([createClient({ url }).connect(), createClient({ url }).connect()])
  let script = ''
  const listening = {
    sendCommand: (words: string[]) => {
      if (words[0] === 'EVALSHA') script = words[1] ?? ''
      return bare.sendCommand(words)
    },
  }
  await twoWrites(redisStore(listening))
  const tag = '{stillonce}'
  const send = (key: string, ...written: readonly string[]): Promise<unknown> =>
    bare.sendCommand(
      ['EVALSHA', script, '3', `${tag}:open`, `${tag}:places`, `${tag}:record:${key}`, ''].concat(written),
    )
  const store = redisStore(own)
  return [
    { name: 'redisStore', one: () => twoWrites(store), end: () => own.close() },
    {
      name: 'redis alone, the same two scripts',
      end: () => bare.close(),
      one: async () => {
        const [key, first, second] = [nextKey(), crypto.randomUUID(), crypto.randomUUID()]
        await send(key, '1', first, PENDING)
        const reply = await send(key, '0', first, String(Date.now() + DAY_MS), `${second}0${SUCCEEDED}`)
        if (String(reply) !== '1') throw new Error('A write of a key of its own was lost.')
      },
    },
  ]
}
