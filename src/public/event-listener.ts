import type { EventFields } from '../core/run/event-fields.ts'

export type { EventFields } from '../core/run/event-fields.ts'

/** What the engine reports of itself: for logs and metrics. No body, header or credential is ever in it. */
export type OperationEvent = EventBase & ReportedFields

/** What happened, and how long it took: of an answer and an ask since the request left, of a run since it began. */
export type ReportedFields = Timed<EventFields>

type Timed<Details> = Details extends { readonly type: 'answer' | 'poll' | 'query' | 'settled' }
  ? Details & { readonly durationMs: number }
  : Details

type EventBase = {
  readonly name: string
  readonly operationId: string
  /** Whose operation it is. */
  readonly scope: string
  /** Absent before the operation has a key. */
  readonly key: string | undefined
  /** Epoch ms. */
  readonly at: number
  /** What `traceId` gave when the run began; absent where it gave nothing. */
  readonly traceId?: string | undefined
}

export type OperationEventListener = (event: OperationEvent) => void
