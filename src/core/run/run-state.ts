import type { Answer, RefusalReason } from '../answers/evidence.ts'
import type {
  FailedRecord,
  OpenRecord,
  OperationRecord,
  SucceededRecord,
} from '../record/operation-record.ts'
import type { Lease, OwnLease } from '../record/lease.ts'
import type { ClockReading } from '../record/server-clock.ts'
import type { End } from './end.ts'
import type { Mistake } from './mistake.ts'
import type { OfflineHint } from './offline-hint.ts'
import type { StopRequest } from './run-mode.ts'
import type { StoreFault, StoreLook } from './store-look.ts'
import type { ObservedSend, RunEvent } from './run-events.ts'
import type { Progress } from './run-progress.ts'
import type { CountedAs } from './step.ts'

/** How this run got on with one generation: with another one it begins anew, because nothing of it holds there. */
export type Course = {
  /** Undefined before the run had an open record in hand. */
  readonly key: string | undefined
  /** The run was at another generation before: a failure of this one is not begun over. */
  readonly isNext: boolean
  readonly progress: Progress
  /** Why what was sent before may not be sent again by this run. */
  readonly unfit: string | undefined
  readonly lastAnswer: Answer | undefined
  /** Why the last answer that `status.read` was given came to nothing. */
  readonly misread: string | undefined
}

/** What a run knows, whatever it does. */
export type RunKnowledge = {
  /** The record as it is stored, with what was observed since. */
  readonly record: OperationRecord | undefined
  readonly course: Course
  /** What a callback gave that it must not give: an OperationError, with which the run ends. */
  readonly mistake: Mistake | undefined
  /** What went wrong last beside the server: of a store, of a hook. */
  readonly lastCause: unknown

  /** Held by this runner, or about to be by the first write-ahead. */
  readonly holding: boolean
  readonly lease: OwnLease | undefined
  readonly heard: StoreLook
  /** The record could be read when this run last looked; otherwise "not executed" is never said. */
  readonly isStoreRead: boolean
  /** What left beside the gate under a key that no record of this operation follows may have executed it. */
  readonly hasLeftBehind: boolean
  /** A write ahead failed when its lease had run out: if it was there, others may have taken the operation up, and dropped it. */
  readonly mayBeTaken: boolean
  /** When the write that is under way began, epoch ms. */
  readonly writingSince: number | undefined

  /** The generation that this run began, in memory until its first write-ahead, or took up: its end is this run's. */
  readonly begunGeneration: number
  /** The open record that this run last saw in the store. */
  readonly seen: OpenRecord | undefined
  /** The settled record was there before this run did anything: its result is given again. */
  readonly recalled: boolean

  readonly proof: OwnProof
  /** The key of the other generation of which this run gave the alarm. */
  readonly alarmed: string | undefined

  /** Monotonic ms. */
  readonly deadlineMs: number
  /** While the runtime says that it is offline: when a try is made all the same. */
  readonly offline: OfflineHint | undefined
  /** The poll deadline has taken the deadline's place, at the first processing answer of this run. */
  readonly isPolling: boolean
  readonly stop: StopRequest | undefined
}

/**
 * Whether this run's own evidence proved the success, whether the store knows or not. `late`: it came after its attempt
 * was given up, and no write has tried to keep it yet. `outrun`: its place in the store is another generation's, so that
 * nothing more of it is written.
 */
export type OwnProof = 'none' | 'late' | 'stands' | 'outrun'

/** Why nothing of an attempt left: where the store failed, with what. */
export type NotSent =
  | { readonly kind: GateRefusal }
  | { readonly kind: 'store-failed'; readonly fault: StoreFault }

/** What needs no more than its name. */
export type GateRefusal = Exclude<RefusalReason, 'store-failed'>

/** What an attempt came to beside the server's answer. */
export type AttemptEnd =
  | { readonly kind: 'observed' }
  | { readonly kind: 'refused'; readonly refusal: NotSent }
  | { readonly kind: 'mistaken'; readonly mistake: Mistake }

/** A decision that follows in the same step; see machine.ts for who takes it. */
export type Following =
  | { readonly decision: 'turn' }
  /** Looks where the operation lies; `looks` before this one. */
  | { readonly decision: 'look'; readonly looks: number }
  | { readonly decision: 'take-off'; readonly as: 'attempt' | 'poll' | 'reread' }
  | { readonly decision: 'wait-online' }
  /** What was learnt is written down, where that must not be lost. */
  | { readonly decision: 'keep'; readonly after: Following }
  /** The attempt is over, and what it came to is written down. */
  | { readonly decision: 'flown'; readonly came: AttemptEnd }
  /** The ask is over, and what it brought is written down. */
  | { readonly decision: 'asked' }
  /** A refusal that the store could not keep is proof only where the store still shows the operation as ours. */
  | {
      readonly decision: 'recheck'
      readonly record: OperationRecord
      readonly fault: StoreFault
      readonly after: Following
    }
  /** The run ends: its claim is freed. */
  | { readonly decision: 'let-go'; readonly end: End }
  /** The same, with what is proven. */
  | { readonly decision: 'settle' }
  /** The claim is free: the end is given in the light of what the store holds. */
  | { readonly decision: 'finish'; readonly end: End; readonly isHonest: boolean }

/** A write that is also a lease: with the time before it was written. */
export type Leasing = { readonly lease: Lease; readonly begun: ClockReading }

/**
 * One attempt. `with-hooks`: the http layer has it, and nothing of it has left; `writing-ahead`: one send waits at
 * the gate for its write; `in-the-air`: a send was let through, and nothing has come back.
 */
export type FlightState = {
  readonly as: 'attempt' | 'poll' | 'reread'
  /** Under which all of it is sent. */
  readonly key: string
  readonly generation: number
  /** When it began, by the wall clock. */
  readonly sinceAt: number
  /** The attempt is a try although the runtime says that it is offline. */
  readonly isDespiteHint: boolean
  readonly stage:
    | { readonly name: 'with-hooks' }
    | {
        readonly name: 'writing-ahead'
        readonly send: number
        readonly leasing: Leasing
        readonly isFirstSend: boolean
        readonly isFirstWrite: boolean
        /** What left beside the gate since: it is not in what is written. */
        readonly foreignHeads: number
      }
    | { readonly name: 'in-the-air' }
  /** Sends that came to the gate while another one was written ahead. */
  readonly atGate: readonly AtGate[]
  /** The run's time was up, or the run is to stop and nothing had left. */
  readonly cutBy: 'timeout' | 'stop' | undefined
  /** The http layer is done with it, or nothing that it may still do counts. */
  readonly isOver: boolean
  readonly observed: number
  readonly refusal: NotSent | undefined
  /** The last evidence, and what was known before it: judged anew where more was sent than passed the gate. */
  readonly last:
    | { readonly observed: ObservedSend; readonly record: OperationRecord; readonly progress: Progress }
    | undefined
}

type AtGate = Extract<RunEvent, { type: 'at-gate' }>

/** What a run does, with what is true only then. */
export type RunActivity =
  | { readonly name: 'beginning' }
  /** The record is read, to see what follows from it; `looks` before this one. */
  | { readonly name: 'looking'; readonly looks: number }
  /** What is known is read for a call that cannot be made: its request is a mistake. */
  | { readonly name: 'looking-for-mistaken'; readonly mistake: Mistake }
  | { readonly name: 'waiting-for-other'; readonly looks: number }
  | { readonly name: 'making-key'; readonly after: FailedRecord | undefined }
  | { readonly name: 'comparing-bytes'; readonly record: OpenRecord; readonly looks: number }
  | {
      readonly name: 'claiming'
      readonly record: OpenRecord
      readonly looks: number
      readonly leasing: Leasing
    }
  | { readonly name: 'dropping-result'; readonly record: SucceededRecord; readonly goesOn: 'asks' | 'ends' }
  | {
      readonly name: 'resting'
      readonly untilMs: number
      readonly counts: CountedAs
    }
  | { readonly name: 'renewing'; readonly leasing: Leasing; readonly goesOn: Renewed }
  | { readonly name: 'offline' }
  | { readonly name: 'in-flight'; readonly flight: FlightState }
  | {
      readonly name: 'asking'
      readonly at: 'poll-url' | 'status' | 'result'
      readonly isPoll: boolean
      readonly askedMs: number
    }
  | {
      readonly name: 'keeping-open'
      readonly leasing: Leasing
      readonly isOnTop: boolean
      readonly after: Following
    }
  | {
      readonly name: 'keeping-proof'
      readonly record: SucceededRecord
      readonly success: SucceededRecord
      readonly isReduced: boolean
      readonly after: Following
    }
  | {
      readonly name: 'keeping-refusal'
      readonly record: OperationRecord
      readonly isOnTop: boolean
      readonly after: Following
    }
  | {
      readonly name: 'rechecking'
      readonly record: OperationRecord
      readonly fault: StoreFault
      readonly before: OperationRecord['writer'] | undefined
      readonly isWriting: boolean
      readonly after: Following
    }
  | { readonly name: 'looking-for-result'; readonly end: 'settled' | 'misread' }
  | {
      readonly name: 'releasing'
      readonly end: End
      readonly released: OperationRecord
      /** To other writes, so often. */
      readonly lost: number
    }
  | { readonly name: 'looking-back'; readonly end: End; readonly released: OperationRecord }
  | {
      readonly name: 'looking-for-others'
      readonly end: End
      readonly before: OperationRecord['writer'] | undefined
    }
  | { readonly name: 'ended'; readonly end: End }

/** What the lease was renewed for. */
export type Renewed =
  | { readonly for: 'rest'; readonly untilMs: number; readonly counts: CountedAs }
  | { readonly for: 'ask'; readonly at: 'poll-url' | 'status' | 'result' }
  | { readonly for: 'turn' }

export type RunState = { readonly knows: RunKnowledge; readonly does: RunActivity }
