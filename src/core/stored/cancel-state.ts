import type { SealReading } from '../answers/cancel-answer.ts'
import type { HorizonPolicy } from '../record/horizon-margin.ts'
import type { Lease } from '../record/lease.ts'
import type { OperationRecord } from '../record/operation-record.ts'
import type { Aim } from '../record/target-fault.ts'
import type { Told } from '../record/transition.ts'
import type { End, StoppedEnd } from '../run/end.ts'
import type { Mistake } from '../run/mistake.ts'
import type { Now } from '../run/run-events.ts'
import type { StoreFault, StoreLook } from '../run/store-look.ts'

/** What a cancel is doing, with the data that only this state has. */
export type CancelActivity =
  | { readonly name: 'looking' }
  | { readonly name: 'stopping-run' }
  | { readonly name: 'taking-the-place' }
  | { readonly name: 'closing' }
  | { readonly name: 'asking'; readonly record: OperationRecord }
  | { readonly name: 'keeping'; readonly record: OperationRecord; readonly proof: Proof }
  | { readonly name: 'keeping-at-work'; readonly record: OperationRecord }
  | { readonly name: 'looking-after'; readonly why: Pick<StoppedEnd, 'code' | 'reason'> }
  | { readonly name: 'looking-again'; readonly end: End; readonly before: OperationRecord | undefined }
  | { readonly name: 'ended' }

/** What the shell has to do. It comes back with the event that is named beside the command. */
export type CancelCommand =
  /** Brings `seen`. */
  | { readonly do: 'read' }
  /** Stops a run of this process that may begin the operation, and waits for its release. Brings `run-gone`. */
  | { readonly do: 'stop-run' }
  /** Reads, and writes what `change` returns, again after a race. Brings `seen`. */
  | {
      readonly do: 'change'
      readonly change: (stored: OperationRecord | undefined) => OperationRecord | undefined
    }
  /** The same for a write on which nothing depends: a failing store brings an event, and does not end the cancel. */
  | {
      readonly do: 'note'
      readonly change: (stored: OperationRecord | undefined) => OperationRecord | undefined
    }
  /** Brings `answered`. */
  | { readonly do: 'ask' }
  | {
      readonly do: 'end'
      readonly end: End
      /** The record whose key and generation errors name. */
      readonly about: OperationRecord | undefined
      /** What a run of this process does that is at work on the same operation. */
      readonly run: 'goes-on' | 'looks-again' | 'stops'
    }

export type CancelEvent =
  | { readonly type: 'seen'; readonly look: StoreLook }
  | { readonly type: 'run-gone' }
  | { readonly type: 'answered'; readonly came: CancelReply }
  | { readonly type: 'store-failed'; readonly fault: StoreFault }

/** What came of the cancel request's answer. */
export type CancelReply = Extract<SealReading, { kind: 'inconclusive' | 'processing' }> | Proof

type Proof = {
  readonly kind: 'proof'
  readonly told: Extract<Told, { kind: 'executed' | 'not-executed' }>
  /** A mistake in the data that `cancel.read` returned. */
  readonly mistake?: Mistake | undefined
}

/** What is true when a cancel decides. */
export type CancelFacts = Pick<Now, 'wallAt' | 'nowAt' | 'ms' | 'clocks'> & {
  readonly identity: Pick<OperationRecord, 'scope' | 'name' | 'id'>
  readonly runner: string
  readonly honoursKeys: boolean
  readonly aim: Aim
  readonly horizon: HorizonPolicy
  readonly hasStatus: boolean
  readonly isAborted: boolean
  /** A run of this process is at work on the operation. */
  readonly isRunning: boolean
  isFree(lease: Lease | undefined): boolean
}

export type CancelState = { readonly does: CancelActivity; readonly look: StoreLook }
export type CancelStep = readonly [CancelState, CancelCommand]
