import { chance } from './chance.ts'

/** What the network does to a request, and how that looks from the shop: mostly there is no telling. */
export const FAULTS = {
  'request lost': 'it never arrives, and nobody says so',
  'answer lost': 'payments did its work, and the answer never comes back',
  delayed: 'it takes its time, but mostly less than the shop waits',
  'delivered late': 'payments gets it when the shop has given up waiting',
  'reset before': 'the connection is reset before payments gets it',
  'reset after': 'the connection is reset when payments has done its work',
  '503 before': 'a gateway answers 503 and forwards nothing',
  '503 after': 'a gateway answers 503 when payments has done its work',
  'body cut': 'the answer breaks off in the middle',
  'idle reset': 'a kept connection is closed in the moment it is used again',
} as const

export type Fault = keyof typeof FAULTS

const KINDS = Object.keys(FAULTS) as readonly Fault[]

/** Of the requests, so many are struck. */
const SHARE = 0.3

/** The fault that strikes the n-th request of an order. It depends on the seed alone, so both shops meet it. */
export function faultOf(seed: number, order: string, n: number): Fault | undefined {
  if (chance(seed, order, n, 'is struck') >= SHARE) return undefined
  return KINDS[Math.floor(chance(seed, order, n, 'kind') * KINDS.length)]
}

/** For how long a request is delayed or held, ms: `late` is longer than any shop waits. */
export function holdMs(seed: number, order: string, n: number, how: 'delayed' | 'late'): number {
  const random = chance(seed, order, n, 'hold')
  return Math.round(how === 'late' ? 700 + 1_300 * random : 100 + 400 * random)
}
