import { undiciFetch } from 'stillonce/undici'
import type { Contestant, Surroundings } from './contestant.ts'
import type { Store } from './ours.ts'
import { openWithFetch } from './ours.ts'

/** Apart from the others, so that their processes do not load undici. */
export function openWithUndici(surroundings: Surroundings, store: Store): Promise<Contestant> {
  return openWithFetch(surroundings, store, undiciFetch())
}
