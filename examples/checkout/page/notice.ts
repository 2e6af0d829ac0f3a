/** What the customer reads of a payment, and the button beside it. */
export type Notice = {
  readonly tone: 'idle' | 'busy' | 'good' | 'bad' | 'doubt'
  readonly sentence: string
  readonly detail?: string
  /** What helps, where something does. */
  readonly help?: 'Try again' | 'Check now' | 'Check and finish'
  /** Epoch ms: when the page does something by itself. */
  readonly nextAt?: number | undefined
}
