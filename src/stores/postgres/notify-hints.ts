import type { RecordStore } from '../../public/store.ts'
import type { PostgresListener } from './postgres-client.ts'

/** ms between two tries to listen. */
const PAUSE = { first: 1_000, longest: 30_000 }

export type NotifyHints = {
  readonly watch: NonNullable<RecordStore['watch']>
  readonly watchAll: NonNullable<RecordStore['watchAll']>
  readonly close: () => Promise<void>
}

type Connection = Promise<PostgresListener | undefined>

/**
 * Other processes say which row they wrote (`NOTIFY`). The connection is opened when somebody first watches, and again
 * after a failure, as long as somebody does. Whatever is missed is seen by the next look at the store.
 */
export function notifyHints(connect: () => Promise<PostgresListener>, listen: string): NotifyHints {
  const watchers = new Map<string, Set<() => void>>()
  const watchersOfAll = new Set<() => void>()
  let connection: Connection | undefined
  let retry: ReturnType<typeof setTimeout> | undefined
  let pauseMs = PAUSE.first
  let isClosed = false

  async function open(lose: () => void): Connection {
    try {
      const listener = await connect()
      await attendTo(listener, lose)
      pauseMs = PAUSE.first
      return listener
    } catch {
      lose()
      return undefined
    }
  }

  async function attendTo(listener: PostgresListener, lose: () => void): Promise<void> {
    listener.on('notification', ({ payload }) => {
      for (const call of watchers.get(payload ?? '') ?? []) call()
      for (const call of watchersOfAll) call()
    })
    listener.on('error', lose)
    listener.on('end', lose)
    try {
      await listener.query(listen)
    } catch (error) {
      // A connection that may not listen is nobody's any more.
      void listener.end().catch(() => {})
      throw error
    }
  }

  /** A connection may report its end late, and twice: by then another one listens. */
  function lost(one: Connection | undefined): void {
    if (isClosed || one === undefined || one !== connection) return
    connection = undefined
    void one.then(listener => listener?.end()).catch(() => {})
    retry = setTimeout(() => {
      retry = undefined
      if (watchers.size + watchersOfAll.size > 0) attend()
    }, pauseMs)
    // Hints keep no process alive. A timer is a number where there is no Node.
    if (typeof retry === 'object') retry.unref?.()
    pauseMs = Math.min(2 * pauseMs, PAUSE.longest)
  }

  function attend(): void {
    if (connection !== undefined || retry !== undefined || isClosed) return
    const own: Connection = Promise.resolve().then(() => open(() => lost(own)))
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
      const listener = await connection
      await listener?.end().catch(() => {})
    },
  }
}
