/** What can go wrong between the page and the payment server, and in it. */
export const FAULTS = [
  'none',
  'lose-request',
  'lose-answer',
  'slow',
  'busy',
  'later',
  'declined',
  'down',
] as const

export type Fault = (typeof FAULTS)[number]

export type Switches = {
  readonly fault: Fault
  /** Only the next payment; then all is well again. */
  readonly once: boolean
}

export function isFault(value: unknown): value is Fault {
  return FAULTS.includes(value as Fault)
}
