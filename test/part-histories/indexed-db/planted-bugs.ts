import { plantedIn, type PlantedPartBug } from '../part.ts'

/* What a store on IndexedDB does that believes what browsers promise. */

const bug = plantedIn('indexed-db')

export const PLANTED_INDEXED_DB_BUGS: readonly PlantedPartBug[] = [
  bug('a dead handle that is kept', 'all is well after the faults', [
    'if (mayBeDeadHandle(error)) drop(begun)',
    'if ((false as boolean)) drop(begun)',
  ]),
  bug("WebKit's UnknownError taken for the word of a living handle", 'a dead handle is opened anew', [
    "  'VersionError',\n])",
    "  'VersionError',\n  'UnknownError',\n])",
  ]),
  bug('a read that is not done again with another handle', 'a dead handle is opened anew', [
    "(kind === 'read' && !(error instanceof StoreError))",
    '(false as boolean)',
  ]),
  bug('a write done again whose commit was asked for', 'what is told as not set is not set', [
    'if (mayBeDeadHandle(cause)) throw new EndUnknown',
    'if ((false as boolean)) throw new EndUnknown',
  ]),
  bug('a lost commit of which it is said that nothing was written', 'what was not written was not written', [
    "throw new EndUnknown('The transaction did not report an end.', { cause })",
    'throw cause',
  ]),
  bug('a transaction that is waited for without end', 'every call ends', [
    'const done = inTime(work(db, stop.signal), transactionMs, () => stuck(name, transactionMs))',
    'const done = work(db, stop.signal)',
  ]),
  bug('a database that is waited for without end', 'every call ends', [
    'return await inTime(opened, busyTimeoutMs, () => {',
    'return await inTime(opened, 2 ** 31 - 1, () => {',
  ]),
  bug('a connection that makes no way for who deletes the database', 'all is well after the faults', [
    'lose()\n          ;(event.target as IDBDatabase).close()',
    'void [lose, event]',
  ]),
  bug('a connection that came too late and stays open', 'no connection is left behind', [
    'opened.then(db => late && db.close()).catch(() => {})',
    'opened.catch(() => {})',
  ]),
  bug('a quota of which nobody hears that a request was refused for it', 'the reason is true', [
    'const cause = refused ?? error',
    'const cause = error',
  ]),
  bug('a write that waits for no disk, beside one that need not', 'on the disk before it is told', [
    "writes.some(({ durability }) => durability === 'strict')",
    "writes.every(({ durability }) => durability === 'strict')",
  ]),
  bug('a version that is not compared', 'compare and set', [
    'if ((found ? versionOf(found) : null) !== expected) return undefined\n    const { place, version }',
    'if ((found === undefined) !== (expected === null)) return undefined\n    const { place, version }',
  ]),
  bug('a page that keeps its transaction when it is left', 'nothing fails without a fault', [
    'if (persisted !== true || away !== undefined) return',
    'if (persisted !== true || away === undefined) return',
  ]),
  bug('a page that begins a transaction after it was left', 'nothing fails without a fault', [
    'if (shown) await shown',
    'void shown',
  ]),
  bug('a read whose transaction ends only with its page', 'nothing fails without a fault', [
    '    transaction.commit()\n  } catch {',
    '  } catch {',
  ]),
  bug('a commit whose end is awaited after the page is back', 'what was left goes on at once', [
    'void page.shown()?.then(() => setTimeout(late, LEAST_TRANSACTION_MS))',
    'void late',
  ]),
  bug('a fallback where the store had worked before', 'a fallback only for what is refused', [
    'if (hasWorked || !CLOSED_OFF.has(reasonOf(error))) throw error',
    'if (!CLOSED_OFF.has(reasonOf(error))) throw error',
  ]),
  bug('a fallback where the connection was lost', 'a fallback only for what is refused', [
    "if (reasonOf(error) === 'full' && options.expected === null)",
    'if (options.expected === null)',
  ]),
  bug('what was asked for before a call threw, heard by nobody', 'no stray error', [
    'keys.map(async key => records.get(key))',
    'keys.map(key => records.get(key))',
  ]),
  bug('a read that rejects once more where nobody listens', 'no stray error', [
    'transaction.done.catch(() => {})\n  const asked',
    'const asked',
  ]),
]
