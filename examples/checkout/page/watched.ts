import { useSyncExternalStore } from 'react'

/** Something that this page's components and the site's other tabs look at. */
export function watched(): {
  readonly changed: () => void
  readonly use: <Value>(read: () => Value) => Value
} {
  const listeners = new Set<() => void>()
  const subscribe = (listener: () => void) => {
    listeners.add(listener)
    // What another tab has written to localStorage.
    window.addEventListener('storage', listener)
    return () => {
      listeners.delete(listener)
      window.removeEventListener('storage', listener)
    }
  }
  return {
    changed: () => {
      for (const listener of listeners) listener()
    },
    use: read => useSyncExternalStore(subscribe, read),
  }
}
