import type { OneLook } from './run-mode.ts'
import type { TargetFault } from '../record/target-fault.ts'
import type { Advice } from './advice.ts'
import type { HorizonPolicy } from '../record/horizon-margin.ts'
import type { Clocks } from '../record/key-horizon.ts'

/** What a run does next, with its reason. */
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

/** What a pause counts as: `denied`, it takes the place of a retry that the budget denied. */
export type CountedAs = 'pause' | 'denied'

type StopCode =
  | 'unresolved'
  | 'still-processing'
  | 'key-expired'
  | 'rejected'
  | 'conflict'
  | 'payload-mismatch'

export type StepPolicy = {
  /** `ask`: find out without ever sending the operation (settle, resume). */
  readonly mode: 'run' | 'ask'
  /** How often a run may send; undefined: as often as deadline and budget allow. */
  readonly attempts: number | undefined
  readonly backoff: Backoff
  readonly pollInterval: { readonly min: number; readonly max: number }
  readonly honoursKeys: boolean
  readonly horizon: HorizonPolicy
  /** The definition has a status request. */
  readonly hasStatus: boolean
  /** Why this run may not send again what was sent before: other bytes to a server that compares them. */
  readonly unfit: string | undefined
  /** Why nothing may be sent or asked with the key: another account, profile or origin than it was begun with. */
  readonly elsewhere?: TargetFault | undefined
  readonly look?: OneLook | undefined
}

export type Moment = Clocks & {
  /** Until this run's deadline, ms. */
  readonly remainingMs: number
  /** Since this run began, ms. */
  readonly ranMs: number
  /** For the jitter: uniform in [0, 1). */
  readonly random: number
  readonly retryAllowed: boolean
  readonly askAllowed: boolean
}
