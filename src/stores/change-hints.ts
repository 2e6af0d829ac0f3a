import type { RecordStore } from '../public/store.ts'

export type ChangeHints = {
  /** Announces the written keys to the other handles on the same data. */
  readonly tell: (keys: readonly string[]) => void
  readonly watch: NonNullable<RecordStore['watch']>
  readonly close: () => void
}

/**
 * Hints from tab to tab over a BroadcastChannel. A hint contains keys and nothing else. The channel is open only
 * while somebody watches and the page is shown, because a message to a page in the back-forward cache evicts that
 * page.
 */
export function changeHints(name: string): ChangeHints {
  const watchers = new Map<string, Set<() => void>>()
  let channel: BroadcastChannel | undefined
  let attends = false
  let isAway = false

  function call(keys: unknown): void {
    if (!Array.isArray(keys)) return
    for (const key of keys) for (const listener of watchers.get(key) ?? []) listener()
  }

  function open(): BroadcastChannel | undefined {
    return typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel(name)
  }

  function listen(): void {
    if (!attends) {
      globalThis.addEventListener?.('pagehide', leave)
      globalThis.addEventListener?.('pageshow', comeBack)
      attends = true
    }
    if (channel !== undefined || watchers.size === 0 || isAway) return
    channel = open()
    channel?.addEventListener('message', ({ data }) => call(data))
  }

  function hush(): void {
    channel?.close()
    channel = undefined
  }

  /** A watch that begins between this event and the freezing of the page must not open a channel either. */
  function leave(): void {
    isAway = true
    hush()
  }

  function comeBack(): void {
    isAway = false
    listen()
  }

  function end(): void {
    hush()
    globalThis.removeEventListener?.('pagehide', leave)
    globalThis.removeEventListener?.('pageshow', comeBack)
    attends = false
  }

  return {
    tell: keys => {
      const speaker = channel ?? open()
      // oxlint-disable-next-line unicorn/require-post-message-target-origin -- only a window has one
      speaker?.postMessage(keys)
      if (speaker !== channel) speaker?.close()
      // A channel does not receive its own messages, and two clients may share this handle.
      call(keys)
    },
    watch: (key, listener) => {
      const own = () => listener()
      const listeners = watchers.get(key) ?? new Set()
      watchers.set(key, listeners.add(own))
      listen()
      return () => {
        listeners.delete(own)
        if (listeners.size > 0 || watchers.get(key) !== listeners) return
        watchers.delete(key)
        if (watchers.size === 0) hush()
      }
    },
    close: () => {
      watchers.clear()
      end()
    },
  }
}
