import type { EventFields } from '../core/run/event-fields.ts'

export type { EventFields } from '../core/run/event-fields.ts'

/** An event of the engine, for logs and metrics. Events never contain a body, a header or a credential. */
export type OperationEvent = EventBase & ReportedFields

/**
 * What happened. Some events carry a duration: for an answer, a poll or a query since its request left, for `settled`
 * since the run began.
 */
export type ReportedFields = Timed<EventFields>

type Timed<Details> = Details extends { readonly type: 'answer' | 'poll' | 'query' | 'settled' }
  ? Details & { readonly durationMs: number }
  : Details

type EventBase = {
  readonly name: string
  readonly operationId: string
  /** The scope of the operation. */
  readonly scope: string
  /** Absent before the operation has a key. */
  readonly key: string | undefined
  /** Epoch ms. */
  readonly at: number
  /** The value that `traceId` returned when the run began; absent if `traceId` returned none. */
  readonly traceId?: string | undefined
}

export type OperationEventListener = (event: OperationEvent) => void
