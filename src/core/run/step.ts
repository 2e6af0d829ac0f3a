import type { OneLook } from './run-mode.ts'
import type { TargetFault } from '../record/target-fault.ts'
import type { Advice } from './advice.ts'
import type { HorizonPolicy } from '../record/horizon-margin.ts'
import type { Clocks } from '../record/key-horizon.ts'

/** What a run does next, and why. */
export type Step =
  | { readonly kind: 'send'; readonly as: 'attempt' | 'poll' | 'reread'; readonly reason: string }
  | { readonly kind: 'ask'; readonly at: 'poll-url' | 'status' | 'result'; readonly reason: string }
  | {
      readonly kind: 'wait'
      readonly delayMs: number
      readonly before: 'retry' | 'poll' | 'query'
      readonly counts: CountedAs
      readonly reason: string
    }
  | {
      readonly kind: 'stop'
      readonly code: StopCode
      readonly reason: string
      readonly retryAt?: number
      readonly advice?: Advice | undefined
    }
  | { readonly kind: 'done'; readonly reason: string }

/** `base` and `cap` in ms. */
export type Backoff = { readonly base: number; readonly cap: number }

/** How a pause counts. `denied`: the pause takes the place of a retry that the budget denied. */
export type CountedAs = 'pause' | 'denied'

type StopCode =
  | 'unresolved'
  | 'still-processing'
  | 'key-expired'
  | 'rejected'
  | 'conflict'
  | 'payload-mismatch'

export type StepPolicy = {
  /** `ask`: find out the outcome and never send the operation (a settle, or a resume that has no request). */
  readonly mode: 'run' | 'ask'
  /** How many attempts a run may make; undefined: as many as deadline and budget allow. */
  readonly attempts: number | undefined
  readonly backoff: Backoff
  readonly pollInterval: { readonly min: number; readonly max: number }
  readonly honoursKeys: boolean
  readonly horizon: HorizonPolicy
  /** The definition has a status request. */
  readonly hasStatus: boolean
  /** Why this run may not send again what was sent before: the bytes differ, and the server compares bytes. */
  readonly unfit: string | undefined
  /** Why nothing may be sent or asked with the key: it was begun with another account, profile or origin. */
  readonly elsewhere?: TargetFault | undefined
  readonly look?: OneLook | undefined
}

export type Moment = Clocks & {
  /** Time left until this run's deadline, ms. */
  readonly remainingMs: number
  /** Time since this run began, ms. */
  readonly ranMs: number
  /** For the jitter: a random number, uniform in [0, 1). */
  readonly random: number
  readonly retryAllowed: boolean
  readonly askAllowed: boolean
}
