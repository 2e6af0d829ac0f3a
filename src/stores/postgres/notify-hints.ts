import type { RecordStore } from '../../public/store.ts'
import type { PostgresListener } from './postgres-client.ts'

/** The pause between two attempts to listen, ms. */
const PAUSE = { first: 1_000, longest: 30_000 }
/** How long closing waits for a database that may be unreachable. */
const END_WITHIN_MS = 1_000

export type NotifyHints = {
  readonly watch: NonNullable<RecordStore['watch']>
  readonly watchAll: NonNullable<RecordStore['watchAll']>
  readonly close: () => Promise<void>
}

/** A connection for hints, which is ended once. */
type Connection = { listener: PostgresListener | undefined; opening: Promise<void> }

/**
 * Other processes announce the row that they wrote (`NOTIFY`). The connection is opened at the first watch, and
 * opened again after a failure while anybody still watches. The next look at the store finds whatever a missed
 * notification announced.
 */
export function notifyHints(connect: () => Promise<PostgresListener>, listen: string): NotifyHints {
  const watchers = new Map<string, Set<() => void>>()
  const watchersOfAll = new Set<() => void>()
  let connection: Connection | undefined
  let retry: ReturnType<typeof setTimeout> | undefined
  let pauseMs = PAUSE.first
  let isClosed = false

  async function open(own: Connection): Promise<void> {
    try {
      const listener = await connect()
      own.listener = listener
      // An 'error' event without a listener would end the process.
      listener.on('error', () => lost(own))
      if (isClosed) return await end(own)
      listener.on('notification', ({ payload }) => {
        for (const call of watchers.get(payload ?? '') ?? []) call()
        for (const call of watchersOfAll) call()
      })
      listener.on('end', () => lost(own))
      await listener.query(listen)
      pauseMs = PAUSE.first
    } catch {
      lost(own)
    }
  }

  async function end(own: Connection): Promise<void> {
    const { listener } = own
    own.listener = undefined
    await listener?.end()
  }

  /** A connection may report its end late, or twice. Another connection may be listening by then. */
  function lost(own: Connection): void {
    if (isClosed || own !== connection) return
    connection = undefined
    void end(own).catch(() => {})
    retry = setTimeout(() => {
      retry = undefined
      if (watchers.size + watchersOfAll.size > 0) attend()
    }, pauseMs)
    // Hints must not keep a process alive. Outside Node a timer is a number.
    if (typeof retry === 'object') retry.unref?.()
    pauseMs = Math.min(2 * pauseMs, PAUSE.longest)
  }

  function attend(): void {
    if (connection !== undefined || retry !== undefined || isClosed) return
    const own: Connection = { listener: undefined, opening: Promise.resolve().then(() => open(own)) }
    connection = own
  }

  return {
    watch: (id, listener) => {
      const own = () => listener()
      const listeners = watchers.get(id) ?? new Set()
      watchers.set(id, listeners.add(own))
      attend()
      return () => {
        listeners.delete(own)
        if (listeners.size === 0 && watchers.get(id) === listeners) watchers.delete(id)
      }
    },
    watchAll: listener => {
      const own = () => listener()
      watchersOfAll.add(own)
      attend()
      return () => void watchersOfAll.delete(own)
    },
    close: async () => {
      isClosed = true
      clearTimeout(retry)
      watchers.clear()
      watchersOfAll.clear()
      if (connection === undefined) return
      // An open connection is ended now; a connection that is still being opened ends itself.
      const ended = connection.listener === undefined ? connection.opening : end(connection)
      await atMost(END_WITHIN_MS, ended)
    },
  }
}

/** Waits until the work is done, and at most `ms`. */
function atMost(ms: number, work: Promise<void>): Promise<void> {
  return new Promise(resolve => {
    const timer = setTimeout(resolve, ms)
    const over = () => {
      clearTimeout(timer)
      resolve()
    }
    void work.then(over, over)
  })
}
