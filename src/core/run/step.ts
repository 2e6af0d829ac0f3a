import type { TargetFault } from '../record/target-fault.ts'
import type { Advice } from './advice.ts'
import type { Backoff } from './backoff.ts'
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
      /** The retry budget denied a retry: the wait takes its place. */
      readonly spends: 'spends-turn' | 'keeps-turn'
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
  readonly attempts: number
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
}

export type Moment = Clocks & {
  /** Until this run's deadline, ms. */
  readonly remainingMs: number
  /** For the jitter: uniform in [0, 1). */
  readonly random: number
  readonly retryAllowed: boolean
  readonly askAllowed: boolean
}
