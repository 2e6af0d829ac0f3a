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

/** The methods for an operation of which only the id is known. */
export type RecordOperations<Output = unknown> = {
  /** Resolves with what the store knows of the operation, or undefined. Sends nothing. */
  readonly inspect: () => Promise<Snapshot<Output> | undefined>
  /**
   * Finds out by polling and asking, never by sending. Resolves with `not-executed` if there is no record. Never
   * rejects.
   */
  readonly settle: (options?: { readonly signal?: AbortSignal | undefined }) => Promise<Settled<Output>>
  /**
   * Takes up a stored operation and returns a run to watch. It polls and asks, and returns the end again if the
   * operation has settled. With `send: true` it also sends requests younger than `validFor`. It never begins an
   * operation: resolves with undefined if nothing is stored.
   */
  readonly resume: (options?: ResumeOptions) => Promise<Run<Output> | undefined>
  /**
   * Seals the key. Resolves with a proven `not-executed`, or with `executed` if the cancel came too late. Rejects only
   * with `configuration`.
   */
  readonly cancel: (options?: { readonly signal?: AbortSignal | undefined }) => Promise<Settled<Output>>
  /**
   * Records an outcome that is known from outside; it counts as proof. Rejects without changing anything: with
   * `already-executed` if the operation was executed and the outcome is the opposite; with `conflict` if `key` or
   * `generation` is not the stored one (for a success, the event `late-success` is emitted too); with `configuration`
   * if nothing was begun and `begin` is not set, and for `not-executed` without `key` or `generation` once there has
   * been more than one key.
   */
  readonly conclude: (told: Conclusion, options?: ConclusionOptions) => Promise<void>
  /**
   * Drops a settled record and raises the generation. For an open record it rejects, unless `force` is set. Rejects
   * with `conflict`, without changing anything, if `key` or `generation` is not the stored one.
   */
  readonly forget: (options?: ForgetOptions) => Promise<void>
}

/** The same methods for one identified operation. guarded-operation.ts has checked the arguments of each call. */
export type StoredOperations<Output> = {
  readonly inspect: () => Promise<Snapshot<Output> | undefined>
  readonly settle: (options: CallSignal) => Promise<Settled<Output>>
  readonly resume: (options: ResumeOptions) => Promise<Run<Output> | undefined>
  readonly cancel: (options: CallSignal) => Promise<Settled<Output>>
  readonly conclude: (conclusion: CheckedConclusion) => Promise<void>
  readonly forget: (which: CheckedForget) => Promise<void>
}

type CallSignal = { readonly signal?: AbortSignal | undefined }

/** `payload` makes the request of a caller that has the input. Without it, only a stored request can be sent. */
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
