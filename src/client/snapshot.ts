import type { OperationRecord } from '../core/record/operation-record.ts'
import type { Outcome } from '../core/record/outcome.ts'
import type { Phase } from '../core/run/run-commands.ts'
import type { OperationError } from '../public/errors.ts'

/** What is known of an operation at one moment. Immutable; the reference stays the same until something changes. */
export type Snapshot<Output = unknown> = {
  /** The id that the definition returned, as it is stored. */
  readonly id: unknown
  readonly name: string
  /** The scope of the operation. Empty if the call identified no operation. */
  readonly scope: string
  readonly generation: number
  /** Undefined before the operation has a key. */
  readonly key: string | undefined
  /** Undefined while nothing is stored. In a watch: nothing is stored any more, because the operation was forgotten. */
  readonly state: OperationRecord['state'] | undefined
  readonly phase: Phase
  readonly attempts: number
  readonly polls: number
  /** Epoch ms: when the operation was first stored, or when this run began. */
  readonly startedAt: number
  /** Epoch ms: when the next step comes, or the time after which the server wants the next request. */
  readonly retryAt: number | undefined
  /**
   * The run waits for the network, because the runtime reports that it is offline; `retryAt` is when it tries anyway.
   */
  readonly isPaused: boolean
  /**
   * Epoch ms: when a `watch` looks at the operation next, by a request of its own or by one that probes the server for
   * all operations. Undefined without a watch.
   */
  readonly nextLookAt: number | undefined
  readonly data: Output | undefined
  readonly error: OperationError | undefined
  readonly outcome: Outcome
  readonly replayed: boolean
}

/** A snapshot without a record. It contains only how the call ended, if it has. */
export function blankSnapshot(id: unknown, error: OperationError | undefined): Snapshot<never> {
  return {
    id,
    name: '',
    scope: '',
    generation: 0,
    key: undefined,
    state: undefined,
    phase: error === undefined ? 'claiming' : 'settled',
    attempts: 0,
    polls: 0,
    startedAt: 0,
    retryAt: undefined,
    isPaused: false,
    nextLookAt: undefined,
    data: undefined,
    error,
    outcome: 'unknown',
    replayed: false,
  }
}

/** The snapshot of an operation whose record is gone: which operation it was. Whether it was executed is not known. */
export function goneSnapshot(snapshot: Snapshot): Snapshot<never> {
  const { id, name, scope, generation, startedAt } = snapshot
  return { ...blankSnapshot(id, undefined), name, scope, generation, startedAt, phase: 'settled' }
}
