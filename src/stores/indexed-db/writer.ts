import type { Connection } from './connection.ts'
import { EndUnknown, isUndone, mayBeDeadHandle, NothingWritten } from './errors.ts'
import { abort, newSequence, SEQUENCE, type Database, type Row, type Sequence } from './layout.ts'

/** What one write does to a record: returns the row to store, `'deleted'`, or undefined for no change. */
export type RowChange = (
  now: Row | undefined,
  next: () => { place: number; version: string },
) => Row | 'deleted' | undefined

type Waiting = {
  readonly key: string
  readonly durability: 'strict' | 'relaxed'
  readonly change: RowChange
  readonly resolve: (written: Row | 'deleted' | undefined) => void
  readonly reject: (error: unknown) => void
}

export type RowWriter = {
  /** Resolves with the result of `change`, once it is as durable as requested. */
  readonly write: (
    key: string,
    durability: Waiting['durability'],
    change: RowChange,
  ) => Promise<Row | 'deleted' | undefined>
  /** Resolves when every write so far has ended, well or not. */
  readonly idle: () => Promise<void>
}

/** Above this number a turn's writes take more than one transaction. */
const MOST_PER_TRANSACTION = 1_000

/**
 * Each transaction deletes at most this many expired records per write, so that they are deleted faster than they are
 * added.
 */
const PURGED_PER_WRITE = 2

/**
 * All writes of one turn of the event loop share one transaction, and so do the writes that arrive while a
 * transaction is running, because flushing the disk costs more than all the rest. A transaction that was undone has
 * written nothing. Its writes are then done one by one, so that one impossible write fails alone. If a transaction
 * ends in any other way, or not at all, nobody knows its result: all of its writes reject, and the writes behind it
 * go on with another connection.
 */
export function indexedDBWriter(
  connection: Connection,
  now: () => number,
  written: (keys: readonly string[]) => void,
): RowWriter {
  let queue: Waiting[] = []
  let flushing: Promise<void> | undefined

  function write(key: string, durability: Waiting['durability'], change: RowChange) {
    return new Promise<Row | 'deleted' | undefined>((resolve, reject) => {
      queue.push({ key, durability, change, resolve, reject })
      flushing ??= flushAll()
    })
  }

  async function flushAll(): Promise<void> {
    // Code that runs later in the same turn may add more writes.
    await Promise.resolve()
    while (queue.length > 0) await flushNext()
    flushing = undefined
  }

  async function flushNext(): Promise<void> {
    let batch: readonly Waiting[] | undefined
    // The batch is taken when the database is open, so that it contains all of this turn's writes.
    const take = () => {
      if (batch !== undefined) return batch
      batch = queue.slice(0, MOST_PER_TRANSACTION)
      queue = queue.slice(MOST_PER_TRANSACTION)
      return batch
    }
    try {
      await flush(take)
    } catch (error) {
      const wasTried = batch !== undefined
      const failed = take()
      if (wasTried && failed.length > 1 && isUndone((error as Error).cause))
        for (const each of failed) await flushAlone(each)
      else for (const { reject } of failed) reject(error)
    }
  }

  async function flush(take: () => readonly Waiting[]): Promise<void> {
    const { batch, results } = await connection.use(async (db, signal) => {
      const taken = take()
      return { batch: taken, results: await commit(db, taken, now(), signal) }
    }, 'write')
    for (const [index, { resolve }] of batch.entries()) resolve(results[index])
    const changed = changedKeys(batch, results)
    if (changed.size > 0) written([...changed])
  }

  async function flushAlone(waiting: Waiting): Promise<void> {
    await flush(() => [waiting]).catch(waiting.reject)
  }

  return {
    write,
    idle: async () => {
      await flushing
    },
  }
}

/** One transaction: reads the rows concerned, decides in memory and in order, and writes the resulting rows. */
async function commit(
  db: Database,
  writes: readonly Waiting[],
  nowAt: number,
  signal: AbortSignal,
): Promise<readonly (Row | 'deleted' | undefined)[]> {
  const isStrict = writes.some(({ durability }) => durability === 'strict')
  const transaction = begin(db, isStrict ? 'strict' : 'relaxed')
  // Firefox reports no abort to a page that it kept.
  const undone = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => {
      if (abort(transaction)) reject(new NothingWritten('The transaction was aborted.'))
    })
  })
  undone.catch(() => {})
  const { done } = transaction
  // Failures are reported by the requests, or below.
  done.catch(() => {})
  let refused: unknown
  let results: readonly (Row | 'deleted' | undefined)[]
  try {
    const apply = applied(transaction, writes, nowAt, error => (refused ??= error))
    results = await Promise.race([apply, undone])
    transaction.commit()
  } catch (cause) {
    // Without the abort, the browser would commit what the transaction has so far.
    abort(transaction)
    throw new NothingWritten('The transaction failed.', { cause })
  }
  try {
    await done
  } catch (error) {
    // A refused request undoes the transaction, which then has no error of its own, or not yet.
    const cause = refused ?? error
    if (mayBeDeadHandle(cause)) throw new EndUnknown('The transaction did not report an end.', { cause })
    throw new NothingWritten('The transaction was undone.', { cause })
  }
  return results
}

async function applied(
  transaction: ReturnType<typeof begin>,
  writes: readonly Waiting[],
  nowAt: number,
  refuse: (error: unknown) => void,
) {
  const records = transaction.objectStore('records')
  const sequence = transaction.objectStore('sequence')
  const keys = [...new Set(writes.map(({ key }) => key))]
  // Expired records are deleted only beside writes without strict durability, because nobody waits for those.
  const expiring = transaction.durability === 'strict' ? undefined : records.index('expiring')
  const purged = async () =>
    expiring?.getAllKeys(IDBKeyRange.upperBound(nowAt), PURGED_PER_WRITE * writes.length)
  // If one request throws at once, the earlier ones reject too, and need a handler.
  const [stored, expired = [], ...rows] = await Promise.all([
    sequence.get(SEQUENCE),
    purged(),
    ...keys.map(async key => records.get(key)),
  ])
  const counter = stored ?? newSequence()
  const found = new Map(keys.map((key, index) => [key, unexpired(rows[index], nowAt)]))
  const { results, last } = decide(writes, found, counter)
  // The requests are not awaited: the end of the transaction shows whether one was refused.
  const send = (request: Promise<unknown>) => void request.catch(refuse)
  for (const key of expired) if (!found.has(key)) send(records.delete(key))
  for (const key of changedKeys(writes, results)) {
    const row = found.get(key)
    send(row === undefined ? records.delete(key) : records.put(row))
  }
  if (last !== counter.last) send(sequence.put({ ...counter, last }, SEQUENCE))
  return results
}

function begin(db: Database, durability: Waiting['durability']) {
  try {
    return db.transaction(['records', 'sequence'], 'readwrite', { durability })
  } catch (cause) {
    throw new NothingWritten('The transaction could not begin.', { cause })
  }
}

/** Applies the writes one after another, each to what the ones before left in `found`. */
function decide(
  writes: readonly Waiting[],
  found: Map<string, Row | undefined>,
  counter: Sequence,
): { readonly results: readonly (Row | 'deleted' | undefined)[]; readonly last: number } {
  let { last } = counter
  const next = () => {
    last += 1
    return { place: last, version: `${last.toString(36)}-${counter.epoch}` }
  }
  const results = writes.map(({ key, change }) => {
    const result = change(found.get(key), next)
    if (result !== undefined) found.set(key, result === 'deleted' ? undefined : result)
    return result
  })
  return { results, last }
}

function changedKeys(writes: readonly Waiting[], results: readonly unknown[]): ReadonlySet<string> {
  return new Set(writes.filter((_, index) => results[index] !== undefined).map(({ key }) => key))
}

/** An expired record counts as absent, though its row may still be there. */
export function unexpired(row: Row | undefined, nowAt: number): Row | undefined {
  return row?.expiresAt !== undefined && row.expiresAt <= nowAt ? undefined : row
}
