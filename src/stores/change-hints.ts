import type { RecordStore } from '../store.ts'

export type ChangeHints = {
  /** Tells the other handles on the same data which keys were written. */
  readonly tell: (keys: readonly string[]) => void
  readonly watch: NonNullable<RecordStore['watch']>
  readonly close: () => void
}

/** Hints from tab to tab, by a BroadcastChannel. They hold keys and nothing else. */
export function changeHints(name: string): ChangeHints {
  const watchers = new Map<string, Set<() => void>>()
  let channel: BroadcastChannel | undefined
  let closed = false

  function open(): BroadcastChannel | undefined {
    if (closed || typeof BroadcastChannel === 'undefined') return undefined
    channel ??= new BroadcastChannel(name)
    return channel
  }

  function call(keys: unknown): void {
    if (!Array.isArray(keys)) return
    for (const key of keys) for (const listener of watchers.get(key) ?? []) listener()
  }

  const onMessage = ({ data }: MessageEvent<unknown>) => call(data)

  /** Without a listener the channel keeps no page from the back-forward cache. */
  function listen(): void {
    if (watchers.size === 0) channel?.removeEventListener('message', onMessage)
    else open()?.addEventListener('message', onMessage)
  }

  function unwatch(key: string, listener: () => void): void {
    const listeners = watchers.get(key)
    listeners?.delete(listener)
    if (listeners?.size !== 0) return
    watchers.delete(key)
    listen()
  }

  return {
    tell: keys => {
      open()?.postMessage(keys)
      // A channel does not hear itself, but two clients may share this handle.
      call(keys)
    },
    watch: (key, listener) => {
      const own = () => listener()
      const listeners = watchers.get(key) ?? new Set()
      watchers.set(key, listeners.add(own))
      listen()
      return () => unwatch(key, own)
    },
    close: () => {
      closed = true
      watchers.clear()
      channel?.close()
      channel = undefined
    },
  }
}
