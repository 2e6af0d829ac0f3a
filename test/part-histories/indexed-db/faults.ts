import type { Random } from '../../simulation/random.ts'

/** What can go wrong at a call, by where it strikes. */
export const CALL_FAULTS = {
  open: ['open fails', 'open hangs'],
  transaction: ['dies at its begin'],
  request: ['dies at a request', 'throws at a request', 'hangs at a request', 'no room at a request'],
  commit: ['dies at commit()'],
  end: [
    'end lost, written',
    'end lost, not written',
    'end never told',
    'hangs at its end',
    'no room at the end',
  ],
} as const

export type Call = keyof typeof CALL_FAULTS
export type CallFault = (typeof CALL_FAULTS)[Call][number]

/** What happens to the whole site. */
export const SITE_FAULTS = [
  'private mode',
  'held by another tab',
  'no room',
  'closed by the browser',
  'cleared',
  'tab crashes',
  'power fails',
  'page is left',
] as const
export type SiteFault = (typeof SITE_FAULTS)[number]

/** With each of them a browser has said that a connection is dead, or may one day. */
const DEATHS = ['UnknownError', 'InvalidStateError', 'AbortError', 'TimeoutError', 'SomethingNew']

export const deathOf = (random: Random): DOMException =>
  new DOMException('Connection to Indexed Database server lost.', random.pick(DEATHS))

/** How private modes and blocked cookies refuse to open: thrown, or told by the request. */
const REFUSALS = ['SecurityError', 'InvalidStateError', 'NotAllowedError', 'NotSupportedError']

export const refusalOf = (random: Random): DOMException =>
  new DOMException('The operation is insecure.', random.pick(REFUSALS))

export const noRoom = (): DOMException => new DOMException('The quota is used up.', 'QuotaExceededError')

/** When a fault was at work, and on whom: undefined is the whole site. */
export type Strike<Kind = CallFault | SiteFault> = {
  readonly kind: Kind
  readonly from: number
  to: number
  readonly tab: number | undefined
}

/** How often each call fails in one history: a few kinds of fault, so that they meet and do not drown each other. */
export type Rates = Partial<Record<CallFault, number>>

export function ratesOf(random: Random): Rates {
  const rates: Rates = {}
  for (const fault of Object.values(CALL_FAULTS).flat()) {
    if (random.chance(0.25)) rates[fault] = random.pick([0.03, 0.1, 0.3])
  }
  return rates
}
