/** A store on the SQLite of a Durable Object, for a client that runs in the object: `durableObjectStore(ctx.storage)`. */
export function durableObjectStore(storage, now = Date.now) {
  const { sql } = storage
  const rows = (text, ...values) => sql.exec(text, ...values).toArray()
  const LIVE = '(expires_at IS NULL OR expires_at > ?)'
  sql.exec('CREATE TABLE IF NOT EXISTS sequence (last INTEGER NOT NULL, since REAL NOT NULL)')
  sql.exec(`CREATE TABLE IF NOT EXISTS records (key TEXT PRIMARY KEY, value TEXT NOT NULL, version TEXT NOT NULL,
    place INTEGER NOT NULL, open INTEGER NOT NULL, expires_at REAL)`)
  sql.exec('CREATE INDEX IF NOT EXISTS open_records ON records (key) WHERE open = 1')

  const find = key =>
    rows(`SELECT value, version, place, open FROM records WHERE key = ? AND ${LIVE}`, key, now())[0]
  const under = (prefix, open) =>
    rows(
      `SELECT key FROM records WHERE open = ${open} AND substr(key, 1, length(?)) = ? AND ${LIVE} ORDER BY place`,
      prefix,
      prefix,
      now(),
    )

  async function* list(prefix, open) {
    for (const { key } of under(prefix, open)) {
      const found = find(key)
      if (found?.open === open) yield { key, value: found.value, version: found.version }
    }
  }

  /** Nothing comes between: an object has one thread. What was written is on the disk before anybody is told. */
  async function changed(work) {
    const result = storage.transactionSync(work)
    await storage.sync()
    return result
  }

  function since() {
    const [found] = rows('SELECT since FROM sequence')
    if (found === undefined) sql.exec('INSERT INTO sequence (last, since) VALUES (0, ?)', now())
    return found?.since ?? now()
  }

  return {
    get: async key => {
      const found = find(key)
      return found && { value: found.value, version: found.version }
    },
    set: (key, value, { expected, open, expiresAt = Infinity }) =>
      changed(() => {
        if (!key.isWellFormed() || !value.isWellFormed())
          throw new Error('half a surrogate pair cannot be kept')
        const found = find(key)
        if ((found?.version ?? null) !== expected) return undefined
        since()
        const [{ last }] = rows('UPDATE sequence SET last = last + 1 RETURNING last')
        const place = open && found?.open === 1 ? found.place : last
        const until = open || expiresAt === Infinity ? null : expiresAt
        sql.exec(
          'INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?, ?, ?)',
          key,
          value,
          String(last),
          place,
          open ? 1 : 0,
          until,
        )
        return String(last)
      }),
    delete: (key, { expected }) =>
      changed(() => {
        if (find(key)?.version !== expected) return false
        sql.exec('DELETE FROM records WHERE key = ?', key)
        return true
      }),
    listOpen: prefix => list(prefix, 1),
    listSettled: prefix => list(prefix, 0),
    since: async () => since(),
  }
}
