import type { Identity } from '../core/record/record-of.ts'
import type { End } from '../core/run/end.ts'
import type { OneLook, RunMode } from '../core/run/run-mode.ts'
import type { Asking } from '../engine/ask/asking.ts'
import type { Engine } from '../engine/engine.ts'
import type { Plan } from '../engine/plan.ts'
import type { Payload } from '../engine/request/payload.ts'
import type { Performer } from '../engine/run/performer.ts'
import type { Journal } from '../engine/stored/journal.ts'
import type { OperationError } from '../public/errors.ts'
import type { StandardSchema } from '../public/standard-schema.ts'

/** What a run gets before it begins: its request, or the mistake with which it ends, or neither. */
export type Prepared = {
  readonly payload?: Payload | undefined
  readonly mistake?: OperationError | undefined
}

export type LiveRunInit = {
  readonly engine: Engine
  readonly plan: Plan
  readonly identity: Identity
  readonly operationId: string
  readonly mode: RunMode
  /** Set if the run is one look of a watch. Such a run gives way to callers that want more. */
  readonly look?: OneLook | undefined
  readonly schema: StandardSchema | undefined
  /** The scope of whoever is logged in now; throws if nobody is. */
  readonly scopeNow: () => string
  readonly openJournal: () => Journal
  readonly asking: Asking
  /** How long the call has waited for this part of the code, ms; absent if it did not wait. */
  readonly waitedMs?: number | undefined
  /** Prepares the request. Never throws, never rejects. */
  readonly prepare: (x: Performer) => Prepared | Promise<Prepared>
  /** Decides after a conflict whether the run goes on with another payload. Never rejects. */
  readonly retarget: ((x: Performer, end: End, turn: number) => Promise<End | 'again'>) | undefined
}
