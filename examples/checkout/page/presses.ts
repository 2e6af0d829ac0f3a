import type { Lane } from '../server/lanes.ts'
import { watched } from './watched.ts'

const { changed, use } = watched()

const placeOf = (lane: Lane, cart: string) => `presses ${lane} ${cart}`
const read = (lane: Lane, cart: string) => Number(localStorage.getItem(placeOf(lane, cart)) ?? 0)

export function countPress(lane: Lane, cart: string): void {
  localStorage.setItem(placeOf(lane, cart), String(read(lane, cart) + 1))
  changed()
}

/** How often Pay was pressed for a cart, in all tabs. */
export function usePresses(lane: Lane, cart: string): number {
  return use(() => read(lane, cart))
}
