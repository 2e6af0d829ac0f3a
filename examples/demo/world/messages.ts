import type { OperationEvent, Outcome } from 'stillonce'
import type { Fault } from './faults.ts'

/** What the processes of the demo tell the main one. All times are epoch ms: they share one clock. */
export type Message =
  | { readonly type: 'listening'; readonly url: string }
  /** What the customer was told. A shop that is killed right afterwards has said it all the same. */
  | { readonly type: 'told'; readonly order: string; readonly outcome: Outcome }
  | { readonly type: 'event'; readonly event: OperationEvent }
  | { readonly type: 'hop'; readonly hop: Hop }
  | { readonly type: 'entry'; readonly entry: Entry }
  | { readonly type: 'done' }

/** One request on its way through the network. */
export type Hop = {
  readonly order: string
  readonly request: string
  readonly fault: Fault | undefined
  readonly arrivedAt: number
  /** When it went on to payments, if it did, and when payments answered. */
  readonly forwardedAt: number | undefined
  readonly answeredAt: number | undefined
  /** What payments answered. */
  readonly status: number | undefined
  /** When the network was done with it, and what the shop got. */
  readonly endedAt: number
  readonly end: 'answer' | 'nothing' | 'reset' | 'status' | 'cut' | 'gone'
}

/** What payments did about one request. */
export type Entry = {
  readonly order: string
  readonly at: number
  readonly text: string
  readonly charged: boolean
}

/** `onSent`: the message outlives this process from then on. */
export function tellMain(message: Message, onSent: () => void = () => {}): void {
  process.send?.(message, onSent)
}

/** Ends this process once main has all that it was told. */
export function leave(): void {
  tellMain({ type: 'done' }, () => process.exit())
}
