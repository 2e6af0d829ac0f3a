import type { Payload } from '../../engine/request/payload.ts'
import type { Run } from '../join-run.ts'
import type { Named, OperationContext } from '../operation-context.ts'
import type { Settled } from '../settled.ts'
import type { Snapshot } from '../snapshot.ts'
import type {
  CheckedConclusion,
  CheckedForget,
  Conclusion,
  ConclusionOptions,
  ForgetOptions,
  ResumeOptions,
} from './call-arguments.ts'
import { cancel } from './cancel.ts'
import { conclude } from './conclude.ts'
import { forget } from './forget.ts'
import { inspect } from './inspect.ts'
import { resumeStored, settleStored } from './settle-and-resume.ts'

/** What can be done with an operation of which only the id is known. */
export type RecordOperations<Output = unknown> = {
  /** What the store knows, or undefined; sends nothing. */
  readonly inspect: () => Promise<Snapshot<Output> | undefined>
  /** Finds out by polling and asking, never by sending; `not-executed` where there is no record. Never rejects. */
  readonly settle: (options?: { readonly signal?: AbortSignal | undefined }) => Promise<Settled<Output>>
  /**
   * Takes up what is stored, as something to watch: polls and asks, and gives what is settled again. `send: true`
   * also sends what is younger than `validFor`. It never begins an operation: undefined where nothing is stored.
   */
  readonly resume: (options?: ResumeOptions) => Promise<Run<Output> | undefined>
  /** Seals the key: a proven `not-executed`, or `executed` if it was too late. Never rejects but for `configuration`. */
  readonly cancel: (options?: { readonly signal?: AbortSignal | undefined }) => Promise<Settled<Output>>
  /**
   * Gives the outcome from outside: proof. Rejects, changing nothing: `already-executed` where the opposite of
   * `executed` is given; `conflict` where `key` or `generation` is another than is stored (a success is then told
   * by the event `late-success`); `configuration` where nothing was begun and `begin` is not said, and for
   * `not-executed` without `key` or `generation` once there has been more than one key.
   */
  readonly conclude: (told: Conclusion, options?: ConclusionOptions) => Promise<void>
  /**
   * Drops a settled record, raising the generation; an open one only with `force`, else it rejects. Rejects as
   * `conflict`, changing nothing, where `key` or `generation` is another than is stored.
   */
  readonly forget: (options?: ForgetOptions) => Promise<void>
}

/** The same of one operation that is named, with the arguments of each call checked: see guarded-operation.ts. */
export type StoredOperations<Output> = {
  readonly inspect: () => Promise<Snapshot<Output> | undefined>
  readonly settle: (options: CallSignal) => Promise<Settled<Output>>
  readonly resume: (options: ResumeOptions) => Promise<Run<Output> | undefined>
  readonly cancel: (options: CallSignal) => Promise<Settled<Output>>
  readonly conclude: (conclusion: CheckedConclusion) => Promise<void>
  readonly forget: (which: CheckedForget) => Promise<void>
}

type CallSignal = { readonly signal?: AbortSignal | undefined }

/** `payload` makes the request of a call that has its input; without it only a stored request can be sent. */
export function storedOperation<Output>(
  context: OperationContext,
  of: () => Named,
  payload?: () => Promise<Payload>,
): StoredOperations<Output> {
  return {
    inspect: async () => inspect<Output>(context, of()),
    settle: async ({ signal }) => settleStored<Output>(context, of(), signal),
    resume: async options => resumeStored<Output>(context, of(), options, payload),
    cancel: async ({ signal }) => cancel<Output>(context, of(), signal),
    conclude: async conclusion => conclude(context, of(), conclusion),
    forget: async which => forget(context, of(), which),
  }
}
