import type { EventDetails } from '../core/run/event-details.ts'

export type { EventDetails } from '../core/run/event-details.ts'

/** What the engine reports of itself: for logs and metrics. No body, header or credential is ever in it. */
export type OperationEvent = EventBase & EventDetails

type EventBase = {
  readonly name: string
  readonly operationId: string
  /** Absent before the operation has a key. */
  readonly key: string | undefined
  /** Epoch ms. */
  readonly at: number
}

export type OperationEventListener = (event: OperationEvent) => void
