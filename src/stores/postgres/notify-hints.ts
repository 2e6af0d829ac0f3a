import type { RecordStore } from '../../public/store.ts'
import type { PostgresListener } from './postgres-client.ts'

/** ms between two tries to listen. */
const PAUSE = { first: 1_000, longest: 30_000 }

export type NotifyHints = {
  readonly watch: NonNullable<RecordStore['watch']>
  readonly close: () => Promise<void>
}

/**
 * Other processes say which row they wrote (`NOTIFY`). The connection is opened when somebody first watches, and again
 * after a failure, as long as somebody does. Whatever is missed is seen by the next look at the store.
 */
export function notifyHints(connect: () => Promise<PostgresListener>, listen: string): NotifyHints {
  const watchers = new Map<string, Set<() => void>>()
  let connection: Promise<PostgresListener | undefined> | undefined
  let retry: ReturnType<typeof setTimeout> | undefined
  let pauseMs = PAUSE.first
  let isClosed = false

  async function open(): Promise<PostgresListener | undefined> {
    try {
      const listener = await connect()
      await attendTo(listener)
      pauseMs = PAUSE.first
      return listener
    } catch {
      lose()
      return undefined
    }
  }

  async function attendTo(listener: PostgresListener): Promise<void> {
    listener.on('notification', ({ payload }) => {
      for (const call of watchers.get(payload ?? '') ?? []) call()
    })
    listener.on('error', () => lose())
    listener.on('end', () => lose())
    try {
      await listener.query(listen)
    } catch (error) {
      // A connection that may not listen is nobody's any more.
      void listener.end().catch(() => {})
      throw error
    }
  }

  function lose(): void {
    if (isClosed || retry !== undefined) return
    const lost = connection
    connection = undefined
    void lost?.then(listener => listener?.end()).catch(() => {})
    retry = setTimeout(() => {
      retry = undefined
      if (watchers.size > 0) attend()
    }, pauseMs)
    // Hints keep no process alive. A timer is a number where there is no Node.
    if (typeof retry === 'object') retry.unref?.()
    pauseMs = Math.min(2 * pauseMs, PAUSE.longest)
  }

  function attend(): void {
    if (connection === undefined && retry === undefined && !isClosed)
      connection = Promise.resolve().then(open)
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
    close: async () => {
      isClosed = true
      clearTimeout(retry)
      watchers.clear()
      const listener = await connection
      await listener?.end().catch(() => {})
    },
  }
}
