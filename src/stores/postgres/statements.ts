import { HASH_LENGTH } from './row-id.ts'

/** The SQL of one store, built once. */
export type RecordStatements = {
  readonly get: string
  readonly versionNow: string
  readonly create: string
  readonly update: string
  readonly remove: string
  readonly openPlaces: string
  readonly openAt: string
  readonly openFolders: string
  readonly settledFrom: string
  readonly sweep: string
  readonly since: string
  readonly commitSetting: string
  /** The statements that `migrate` sends, one after another. */
  readonly migration: readonly string[]
  /** Sent after the migration: notes since when the table holds everything that was written. */
  readonly beginMemory: string
  readonly listen: string
}

export type TableNames = {
  readonly table: string
  readonly schema: string | undefined
}

/**
 * `place` orders records by when they became open; the sequence that supplies places only grows. Texts are compared
 * byte by byte (`COLLATE "C"`), so keys that differ in case or normal form are different keys, and a prefix is a
 * range. One partial index holds only open records and another only records that can expire, so their cost does not
 * depend on the number of settled records. While a record stays open no indexed column changes, so such writes touch
 * no index; `fillfactor` leaves room for them beside the row.
 */
export function statementsFor({ table, schema }: TableNames, tellsOthers: boolean): RecordStatements {
  const named = (name: string): string => (schema === undefined ? `"${name}"` : `"${schema}"."${name}"`)
  const records = named(table)
  const memory = named(`${table}_memory`)
  const places = named(`${table}_places`)
  const nextPlace = `nextval('${places}')`
  /** The store's own clock if the `now` option was given, otherwise the database's clock, which all hosts share. */
  const now = (parameter: string): string =>
    `coalesce(${parameter}::float8, extract(epoch from clock_timestamp())::float8 * 1000)`
  const live = (parameter: string): string => `(expires_at IS NULL OR expires_at > ${now(parameter)})`
  const under = 'id >= $1 AND ($2::text IS NULL OR id < $2)'
  /** PostgreSQL sends the notification when the write is committed. As text: Prisma rejects a row with a `void`. */
  const told = (write: string): string =>
    tellsOthers
      ? `WITH wrote AS (${write}) SELECT version, pg_notify('${table}', $1)::text FROM wrote`
      : write

  return {
    get: `SELECT value, version FROM ${records} WHERE id = $1 AND ${live('$2')}`,
    /**
     * Locks the row, so that this commit waits as the store's other commits do. A server that was restarted shows
     * writes that no synchronous standby has yet.
     */
    versionNow: `SELECT version FROM ${records} WHERE id = $1 FOR UPDATE`,

    create: told(`INSERT INTO ${records} AS r (id, key, value, version, place, open, expires_at)
      VALUES ($1, $2, $3, $4, ${nextPlace}, $5, $6::float8)
      ON CONFLICT (id) DO UPDATE SET value = excluded.value, version = excluded.version, place = excluded.place,
        open = excluded.open, expires_at = excluded.expires_at
      WHERE r.expires_at <= ${now('$7')}
      RETURNING version`),
    update: told(`UPDATE ${records} SET value = $3, version = $4, open = $5, expires_at = $6::float8,
        place = CASE WHEN $5 AND NOT open THEN ${nextPlace} ELSE place END
      WHERE id = $1 AND version = $2 AND ${live('$7')}
      RETURNING version`),
    remove: told(`DELETE FROM ${records} WHERE id = $1 AND version = $2 AND ${live('$3')} RETURNING version`),

    /** Numbers come as texts: a pool of `pg` with `binary: true` reads a bigint of 149 as 239. */
    openPlaces: `SELECT id, place::text AS place FROM ${records} WHERE open AND ${under} ORDER BY id LIMIT $3`,
    openAt: `SELECT coalesce(key, id) AS key, value, version FROM ${records}
      WHERE open AND place = ANY(string_to_array($1::text, ',')::bigint[]) ORDER BY place`,
    /**
     * Goes from folder to folder. Each step takes the first open record beyond the folder of the step before. If a
     * long id shows no folder, the step goes beyond all ids with the same beginning; otherwise beyond that one
     * record. $3: the number of characters in the prefix.
     */
    openFolders: `WITH RECURSIVE firsts AS (
        (SELECT id, key IS NOT NULL AS long FROM ${records} WHERE open AND ${under} ORDER BY id LIMIT 1)
        UNION ALL
        SELECT later.id, later.long FROM firsts CROSS JOIN LATERAL (
          SELECT id, key IS NOT NULL AS long FROM ${records}
          WHERE open AND ($2::text IS NULL OR id < $2) AND id >= CASE
            WHEN strpos(substr(firsts.id, $3::int + 1), '/') > 0
              THEN left(firsts.id, $3::int + strpos(substr(firsts.id, $3::int + 1), '/') - 1) || '0'
            WHEN firsts.long THEN left(firsts.id, length(firsts.id) - ${HASH_LENGTH}) || 'g'
            ELSE firsts.id || chr(1) END
          ORDER BY id LIMIT 1) AS later)
      SELECT id, long FROM firsts LIMIT $4`,
    settledFrom: `SELECT id, coalesce(key, id) AS key, value, version FROM ${records}
      WHERE NOT open AND ${under} AND ${live('$3')} ORDER BY id LIMIT $4`,
    /** Skips rows that another process is sweeping right now. */
    sweep: `DELETE FROM ${records} WHERE id IN (SELECT id FROM ${records}
      WHERE expires_at <= ${now('$1')} ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING 1`,

    since: `SELECT since::text AS since FROM ${memory}`,
    commitSetting: "SELECT current_setting('synchronous_commit') AS setting",
    listen: `LISTEN "${table}"`,

    migration: [
      `CREATE SEQUENCE IF NOT EXISTS ${places}`,
      `CREATE TABLE IF NOT EXISTS ${records} (
  id text COLLATE "C" PRIMARY KEY,
  key text COLLATE "C",
  value text NOT NULL,
  version text COLLATE "C" NOT NULL,
  place bigint NOT NULL,
  open boolean NOT NULL,
  expires_at double precision
) WITH (fillfactor = 80)`,
      `CREATE INDEX IF NOT EXISTS "${table}_open" ON ${records} (id) INCLUDE (place) WHERE open`,
      `CREATE INDEX IF NOT EXISTS "${table}_open_places" ON ${records} (place) WHERE open`,
      `CREATE INDEX IF NOT EXISTS "${table}_expiring" ON ${records} (expires_at) WHERE expires_at IS NOT NULL`,
      `CREATE TABLE IF NOT EXISTS ${memory} (one boolean PRIMARY KEY DEFAULT true CHECK (one), since double precision NOT NULL)`,
    ],
    beginMemory: `INSERT INTO ${memory} (since) VALUES (${now('$1')}) ON CONFLICT (one) DO NOTHING`,
  }
}
