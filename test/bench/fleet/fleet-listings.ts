import { Pool } from 'pg'
import { createClient } from 'redis'
import type { RecordStore } from '../../../src/public/store.ts'
import { postgresStore } from 'stillonce/postgres'
import { redisStore } from 'stillonce/redis'

/** Lists 100 open records of a scope, and says how many it found. */
export type Listing = {
  readonly few: () => Promise<number>
  readonly many: () => Promise<number>
  readonly end: () => Promise<unknown>
}

const SCOPE = 'so1/user-7/'
const FEW = 1_000
const AT_ONCE = 10_000
const VALUE = 'x'.repeat(200)

export async function postgresListings(url: string, settled: number): Promise<Listing> {
  const pool = new Pool({ connectionString: url })
  const among = async (table: string, count: number) => {
    const store = postgresStore(pool, { table })
    await store.migrate()
    await pool.query(
      `INSERT INTO ${table} (id, value, version, place, open, expires_at)
       SELECT '${SCOPE}order/' || n, '${VALUE}', 'v' || n, 0, false, 4102444800000 FROM generate_series(1, ${count}) AS n`,
    )
    await openOnes(store, count)
    await pool.query(`VACUUM ANALYZE ${table}`)
    return () => listed(store)
  }
  return {
    few: await among('listed_few', FEW),
    many: await among('listed_many', settled),
    end: () => pool.end(),
  }
}

/** By a script, as the store's own writes leave it. */
const FILL = `for n = tonumber(ARGV[2]) + 1, tonumber(ARGV[3]) do
  local key = ARGV[1] .. n
  redis.call('SET', KEYS[1] .. key, string.format('%036d', n) .. '0' .. ARGV[4])
  redis.call('PEXPIREAT', KEYS[1] .. key, '4102444800000')
end`

export async function redisListings(url: string, settled: number): Promise<Listing> {
  const client = await createClient({ url }).connect()
  const among = async (prefix: string, count: number) => {
    for (let from = 0; from < count; from += AT_ONCE) {
      const to = String(Math.min(count, from + AT_ONCE))
      const records = `{${prefix}}:record:`
      await client.sendCommand(['EVAL', FILL, '1', records, `${SCOPE}order/`, String(from), to, VALUE])
    }
    const store = redisStore(client, { prefix })
    await openOnes(store, count)
    return () => listed(store)
  }
  return { few: await among('few', FEW), many: await among('many', settled), end: () => client.close() }
}

/** Spread among the settled. */
async function openOnes(store: RecordStore, settled: number): Promise<void> {
  for (let at = 0; at < 100; at += 1) {
    const key = `${SCOPE}order/${Math.floor((at * settled) / 100)}/open`
    await store.set(key, VALUE, { expected: null, open: true })
  }
}

async function listed(store: RecordStore): Promise<number> {
  let count = 0
  for await (const _record of store.listOpen(SCOPE)) count += 1
  return count
}
