import { Pool } from 'pg'
import { createClient } from 'redis'
import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { postgresStore } from '../../src/stores/postgres/postgres-store.ts'
import { redisStore } from '../../src/stores/redis/redis-store.ts'
import { DELETE, SCAN, SET, SINCE } from '../../src/stores/redis/scripts.ts'
import { storeContract, type StoreUnderTest } from '../../src/testing/store-contract.ts'
import { timeCases } from './time-cases.ts'
import { trialClock } from '../stores/trial-clock.ts'
import { startPostgres, type PostgresServer } from './harness/postgres-server.ts'
import { startRedis, type RedisServer } from './harness/redis-server.ts'

declare module 'vitest' {
  // Of test/fleet/vitest.config.ts.
  interface ProvidedContext {
    isLong: boolean
  }
}

/*
 * Mistakes that somebody could make in a statement or a script, each put into the right one on its way to the server: the
 * contract of stores finds every one of them there.
 */
let postgresServer: PostgresServer
let redisServer: RedisServer
let pool: Pool
let redis: { readonly sendCommand: (words: string[]) => Promise<unknown>; readonly destroy: () => void }

beforeAll(async () => {
  ;[postgresServer, redisServer] = await Promise.all([startPostgres(['fsync=off']), startRedis()])
  pool = new Pool({ connectionString: postgresServer.url, max: 8 })
  redis = await createClient({ url: redisServer.url })
    .on('error', () => {})
    .connect()
})

afterAll(async () => {
  redis?.destroy()
  await pool?.end()
  await postgresServer?.stop()
  await redisServer?.stop()
})

/** A statement begins with the first, and in it stands the second, which becomes the third; the fourth case finds it first. */
type Planted = readonly [where: string, right: string | RegExp, wrong: string, finder: string]

const STATEMENTS: Readonly<Record<string, Planted>> = {
  'a write ignores the version': [
    'UPDATE',
    ' AND version = $2',
    ' AND $2::text IS NOT NULL',
    'a write over an older version loses, and changes nothing',
  ],
  'a deletion ignores the version': [
    'DELETE',
    ' AND version = $2',
    ' AND $2::text IS NOT NULL',
    'a version is one text and no other',
  ],
  'a first write overwrites': [
    'INSERT',
    'WHERE r.expires_at <= ',
    'WHERE true OR r.expires_at <= ',
    'a first write loses where a record is stored, and changes nothing',
  ],
  'a first write loses against what has expired': [
    'INSERT',
    'WHERE r.expires_at',
    'WHERE false AND r.expires_at',
    'a first write wins over an expired record, under a version of its own',
  ],
  'a first write keeps the old time': [
    'INSERT',
    'expires_at = excluded.expires_at',
    'expires_at = r.expires_at',
    'a first write wins over an expired record, under a version of its own',
  ],
  'a first write has no time': [
    'INSERT',
    '$5, $6::float8',
    '$5, nullif($6::float8, $6::float8)',
    'a settled record is absent when its time has come',
  ],
  'a write revives what has expired': [
    'UPDATE',
    '(expires_at IS NULL OR',
    '(true OR',
    'a settled record is absent when its time has come',
  ],
  'what has expired is given': [
    'SELECT value',
    '(expires_at IS NULL OR',
    '(true OR',
    'a settled record is absent when its time has come',
  ],
  'what has expired is deleted once more': [
    'DELETE',
    '(expires_at IS NULL OR',
    '(true OR',
    'a settled record is absent when its time has come',
  ],
  'a write settles nothing': [
    'UPDATE',
    'open = $5',
    'open = open',
    'a handle lists what another wrote since it listed',
  ],
  'a write drops its value': [
    'UPDATE',
    'value = $3',
    'value = coalesce(value, $3)',
    'a write over the current version wins, and gives another version',
  ],
  'a write keeps the version': [
    'UPDATE',
    'version = $4,',
    'version = coalesce(version, $4),',
    'a write over the current version wins, and gives another version',
  ],
  'a write keeps the time': [
    'UPDATE',
    'expires_at = $6::float8',
    'expires_at = coalesce(expires_at, $6::float8)',
    'a settled record that is written without a time has none any more',
  ],
  'what opens again takes its old place': [
    'UPDATE',
    /CASE WHEN .* ELSE place END/,
    'place',
    'a record that was settled and is open again is the newest',
  ],
  'each write takes a new place': [
    'UPDATE',
    'CASE WHEN $5 AND NOT open THEN',
    'CASE WHEN $5 THEN',
    'open records are listed oldest first, in the order in which they became open',
  ],
  'what is open comes by its key': [
    'SELECT coalesce',
    'ORDER BY place',
    'ORDER BY id',
    'a listing may be of one scope or of all: of any beginning of keys',
  ],
  'what is open comes newest first': [
    'SELECT coalesce',
    'ORDER BY place',
    'ORDER BY place DESC',
    'a listing may be of one scope or of all: of any beginning of keys',
  ],
  'a listing of what is open ends early': [
    'SELECT id, place',
    'LIMIT $3',
    'LIMIT $3::bigint - 4990',
    'only keys that begin with the prefix are listed, and wildcards are letters',
  ],
  'a listing of what is settled gives what is open': [
    'SELECT id, coalesce',
    'NOT open AND',
    '',
    'listSettled, where a store has it, gives settled records under the prefix',
  ],
  'a listing of what is settled gives what has expired': [
    'SELECT id, coalesce',
    '(expires_at IS NULL OR',
    '(true OR',
    'a settled record is absent when its time has come',
  ],
  'a listing of what is settled ends early': [
    'SELECT id, coalesce',
    'LIMIT $4',
    'LIMIT $4::bigint - 90',
    'listSettled, where a store has it, reaches each once, also while they are deleted',
  ],
  'the sweep takes what has not expired': [
    'DELETE',
    /WHERE expires_at <= \S+.*? \* 1000\)/,
    'WHERE $1::float8 IS NOT NULL AND NOT open',
    'listSettled, where a store has it, reaches each once, also while they are deleted',
  ],
  'since is when it was asked': [
    'SELECT since',
    'SELECT since',
    'SELECT extract(epoch from clock_timestamp()) * 1000 AS since',
    'since, where a store has it, is one time for all handles, and not to come',
  ],
}

const SCRIPTS: Readonly<Record<string, Planted>> = {
  'a write ignores the version': [
    SET.sha,
    'stored ~= expected',
    'false',
    'a first write loses where a record is stored, and changes nothing',
  ],
  'who lost is told a version': [
    SET.sha,
    'if stored ~= expected then return 0 end',
    'if stored ~= expected then return 1 end',
    'a first write loses where a record is stored, and changes nothing',
  ],
  'who won is told nothing': [
    SET.sha,
    /return 1\nend\nlocal areNew/,
    'return 0\nend\nlocal areNew',
    'a record that opens again, or is settled again without a time, stays',
  ],
  'a deletion ignores the version': [
    DELETE.sha,
    / or string.sub\(head, 1, 36\) ~= ARGV\[2\]/,
    '',
    'a version is one text and no other',
  ],
  'a deletion removes nothing': [
    DELETE.sha,
    "redis.call('DEL', KEYS[1])",
    '',
    'delete of the current version removes the record',
  ],
  'a deletion always says that it was done': [
    DELETE.sha,
    'return 0',
    'return 1',
    'a version is one text and no other',
  ],
  'a deletion leaves its place in the index': [
    DELETE.sha,
    /redis.call\('ZREM'.*\)\n/,
    '\n',
    'openFolders, where a store has it, gives the folders of what is open, once each',
  ],
  'what opens again, or is settled without a time, keeps its old one': [
    SET.sha,
    "redis.call('SET', record, texts[at])",
    "redis.call('SET', record, texts[at], 'KEEPTTL')",
    'a record that opens again, or is settled again without a time, stays',
  ],
  'nothing expires': [SET.sha, ", 'PXAT', expiry", '', 'a settled record is absent when its time has come'],
  'a time is taken for seconds': [
    SET.sha,
    'PXAT',
    'EXAT',
    'a settled record is absent when its time has come',
  ],
  'each write takes a new place': [
    SET.sha,
    'place = place or open(record)',
    'place = open(record)',
    'open records are listed oldest first, in the order in which they became open',
  ],
  'all have one place': [
    SET.sha,
    /\(last or .* - count\) \+ 1/,
    '1',
    'a listing may be of one scope or of all: of any beginning of keys',
  ],
  'what opens again has no place': [
    SET.sha,
    "string.sub(head, 37, 37) == '1' and",
    "head ~= '' and",
    'a record that was settled and is open again is the newest',
  ],
  'a write drops its value': [
    SET.sha,
    'place .. value',
    'place',
    'a first write is read back with the version that it gave',
  ],
  'a settling write keeps the version': [
    SET.sha,
    "head = version .. '0'",
    "head, text = stored .. '0', stored .. string.sub(text, 37)",
    'a record that opens again, or is settled again without a time, stays',
  ],
  'what is open is not in the index': [
    SET.sha,
    /if #opening > 0 .*\n/,
    '\n',
    'a first write loses where a record is stored, and changes nothing',
  ],
  'what is settled stays in the index': [
    SET.sha,
    /if #closing > 0 .*\n/,
    '\n',
    'what is settled leaves no folder behind',
  ],
  'what is settled stays open': [
    SET.sha,
    "head = version .. '0'",
    "head = version .. '1' .. (place or '0000000000000001') text = head .. string.sub(text, 38)",
    'listSettled, where a store has it, gives settled records under the prefix',
  ],
  'a claim takes what is stored': [
    SET.sha,
    'claims + 2)) == 0',
    'claims + 2)) >= 0',
    'a first write loses where a settled record is stored, too',
  ],
  'who opened a record is told nothing': [
    SET.sha,
    'replies[at] = 1\n',
    'replies[at] = 0\n',
    'a first write is read back with the version that it gave',
  ],
  'a claim among others is not in the index': [
    SET.sha,
    /(areNew then\n +local place =) open\(record\)/,
    "$1 '0000000000000001'",
    'a first write loses where a record is stored, and changes nothing',
  ],
  'a second write of one turn does not see the first': [
    SET.sha,
    'heads[record] or',
    '',
    'of many first writes at once one wins',
  ],
  'a listing of what is settled ends early': [
    SCAN.sha,
    'ipairs(found[2]) do',
    'ipairs(found[2]) do if at > 3 then break end',
    'listSettled, where a store has it, reaches each once, also while they are deleted',
  ],
  'a listing of what is settled takes a wildcard for one': [
    SCAN.sha,
    "'\\\\%0'",
    "'%0'",
    'wildcards are letters where settled records are listed too',
  ],
  'since is when it was asked': [
    SINCE.sha,
    ", 'NX'",
    '',
    'since, where a store has it, is one time for all handles, and not to come',
  ],
}

let tables = 0

/** The right store, of which each statement goes through `altered`. */
function onPostgres(altered: (text: string) => string): StoreUnderTest {
  const clock = trialClock()
  const table = `planted_${(tables += 1)}`
  const right = { query: (text: string, values: unknown[]) => pool.query(text, values) }
  const client = { query: (text: string, values: unknown[]) => pool.query(altered(text), values) }
  let made: Promise<void> | undefined
  return {
    clock,
    shared: true,
    open: async () => {
      await (made ??= postgresStore(right, { table, now: clock.now }).migrate())
      return postgresStore(client, { table, now: clock.now })
    },
  }
}

function onRedis(altered: (source: string, sha: string) => string): StoreUnderTest {
  const prefix = `planted-${(tables += 1)}`
  const sources = new Map([SET, DELETE, SCAN, SINCE].map(({ sha, source }) => [sha, source]))
  const client = {
    sendCommand: ([command = '', sha = '', ...rest]: string[]) => {
      const source = command === 'EVALSHA' ? sources.get(sha) : undefined
      return source === undefined
        ? redis.sendCommand([command, sha, ...rest])
        : redis.sendCommand(['EVAL', altered(source, sha), ...rest])
    },
  }
  return { shared: true, open: () => redisStore(client, { prefix }) }
}

/** Counts how often it was put in: what stands nowhere any more would be found by nobody. */
function planting([where, right, wrong]: Planted) {
  let count = 0
  return {
    count: () => count,
    altered: (text: string, name: string = text): string => {
      if (!name.startsWith(where)) return text
      const altered = text.replace(right, wrong)
      if (altered !== text) count += 1
      return altered
    },
  }
}

/** The first case that finds something; of all, or of the one that is named. */
async function finder(subject: StoreUnderTest, named?: string): Promise<string | undefined> {
  for (const { name, run } of [...timeCases, ...storeContract]) {
    if (named !== undefined && name !== named) continue
    try {
      await run(subject)
    } catch {
      return name
    }
  }
  return undefined
}

test.each(Object.entries(STATEMENTS))('PostgreSQL: %s, and the contract finds it', async (_, planted) => {
  const { altered, count } = planting(planted)
  expect(await finder(onPostgres(altered), caseOf(planted))).toBeDefined()
  expect(count()).toBeGreaterThan(0)
})

test.each(Object.entries(SCRIPTS))('Redis: %s, and the contract finds it', async (_, planted) => {
  const { altered, count } = planting(planted)
  expect(await finder(onRedis(altered), caseOf(planted))).toBeDefined()
  expect(count()).toBeGreaterThan(0)
})

/** The short form asks the case that finds it, the long one all of them in their order. */
function caseOf([, , , finds]: Planted): string | undefined {
  return inject('isLong') ? undefined : finds
}

test.each(timeCases)('with nothing put in: $name', async ({ run }) => {
  await expect(run(onPostgres(text => text))).resolves.toBeUndefined()
  await expect(run(onRedis(source => source))).resolves.toBeUndefined()
  const asBefore7 = (source: string): string => source.replace('redis.REDIS_VERSION_NUM', 'false')
  await expect(run(onRedis(asBefore7))).resolves.toBeUndefined()
})
