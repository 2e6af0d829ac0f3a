import { useSyncExternalStore } from 'react'

const placeOf = (cart: string) => `presses ${cart}`
const watchers = new Set<() => void>()

const read = (cart: string) => Number(localStorage.getItem(placeOf(cart)) ?? 0)

/** How often Pay was pressed for a cart, in all tabs. */
export const presses = {
  add(cart: string): void {
    localStorage.setItem(placeOf(cart), String(read(cart) + 1))
    for (const listener of watchers) listener()
  },
  use(cart: string): number {
    return useSyncExternalStore(
      listener => {
        watchers.add(listener)
        window.addEventListener('storage', listener)
        return () => {
          watchers.delete(listener)
          window.removeEventListener('storage', listener)
        }
      },
      () => read(cart),
    )
  },
}
