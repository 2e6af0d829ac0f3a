import type { RecordStore } from '../../public/store.ts'
import type { RedisSubscriber } from './redis-client.ts'

export type PublishHints = {
  readonly watch: NonNullable<RecordStore['watch']>
  readonly watchAll: NonNullable<RecordStore['watchAll']>
  readonly close: () => Promise<void>
}

/**
 * Other processes announce the key that they wrote (`PUBLISH`). The first watch subscribes to the channel. After a
 * lost connection the Redis library subscribes again. The next look at the store finds whatever a missed message
 * announced.
 */
export function publishHints(subscriber: RedisSubscriber, channel: string): PublishHints {
  const watchers = new Map<string, Set<() => void>>()
  const watchersOfAll = new Set<() => void>()
  let subscribed: Promise<unknown> | undefined
  let isHeard = false

  function call(key: string): void {
    for (const listener of watchers.get(key) ?? []) listener()
    for (const listener of watchersOfAll) listener()
  }

  /** node-redis calls the listener with the text of each message; ioredis emits an event for each message. */
  function attend(): Promise<unknown> {
    if (!isHeard) {
      isHeard = true
      subscriber.on?.('message', (from, key) => {
        if (from === channel) call(key)
      })
    }
    const listener = (message: unknown) => {
      if (typeof message === 'string') call(message)
    }
    const done = Promise.resolve().then(() => subscriber.subscribe(channel, listener))
    // Without hints, waiting calls look at the store again by themselves.
    done.catch(() => {
      subscribed = undefined
    })
    return done
  }

  return {
    watch: (key, listener) => {
      const own = () => listener()
      const listeners = watchers.get(key) ?? new Set()
      watchers.set(key, listeners.add(own))
      subscribed ??= attend()
      return () => {
        listeners.delete(own)
        if (listeners.size === 0 && watchers.get(key) === listeners) watchers.delete(key)
      }
    },
    watchAll: listener => {
      const own = () => listener()
      watchersOfAll.add(own)
      subscribed ??= attend()
      return () => void watchersOfAll.delete(own)
    },
    // Closing does not wait for the answer: an unreachable server gives none, and the caller who opened the
    // connection ends it.
    close: async () => {
      watchers.clear()
      watchersOfAll.clear()
      subscribed?.then(() => subscriber.unsubscribe(channel)).catch(() => {})
    },
  }
}
