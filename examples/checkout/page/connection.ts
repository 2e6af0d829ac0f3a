import { useSyncExternalStore } from 'react'

/*
 * The switch for "offline". A page cannot unplug the machine, so it says what the browser would say: by
 * `navigator.onLine` and the two events. The browser's own word still counts.
 */
const browserSays = () => Reflect.get(Navigator.prototype, 'onLine', navigator)
let isUnplugged = false

const isOnline = () => !isUnplugged && browserSays()
Object.defineProperty(navigator, 'onLine', { configurable: true, get: isOnline })

export function unplug(next: boolean): void {
  isUnplugged = next
  window.dispatchEvent(new Event(isOnline() ? 'online' : 'offline'))
}

export function useOnline(): boolean {
  return useSyncExternalStore(listener => {
    window.addEventListener('online', listener)
    window.addEventListener('offline', listener)
    return () => {
      window.removeEventListener('online', listener)
      window.removeEventListener('offline', listener)
    }
  }, isOnline)
}
