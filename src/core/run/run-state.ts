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

/**
 * What this run has seen and done for one generation. On another generation the run starts over, because none of this
 * holds there.
 */
export type Course = {
  /** Undefined until the run has an open record. */
  readonly key: string | undefined
  /**
   * The run worked on an earlier generation before. If the current one fails, the run ends with that failure instead of
   * beginning another.
   */
  readonly isNext: boolean
  readonly progress: Progress
  /** Why this run may not send again what was sent before. */
  readonly unfit: string | undefined
  readonly lastAnswer: Answer | undefined
  /** Why nothing could be concluded from the last answer given to `status.read`. */
  readonly misread: string | undefined
}

/** Everything a run knows, in each of its states. */
export type RunKnowledge = {
  /** The record as stored, with what this run has observed since. */
  readonly record: OperationRecord | undefined
  readonly course: Course
  /** A callback returned something invalid: the OperationError with which the run ends. */
  readonly mistake: Mistake | undefined
  /** The last failure that was not the server's, such as a store's or a hook's. */
  readonly lastCause: unknown

  /** The operation is held by this runner, or will be with its first write-ahead. */
  readonly holding: boolean
  readonly lease: OwnLease | undefined
  readonly heard: StoreLook
  /** The store could be read at the last look. Otherwise the run never reports "not executed". */
  readonly isStoreRead: boolean
  /**
   * A request that bypassed the gate may have executed the operation under a key from which the current record does not
   * descend.
   */
  readonly hasLeftBehind: boolean
  /**
   * A write-ahead failed when its lease had already run out. If the write arrived, another runner may have taken the
   * operation up and dropped it.
   */
  readonly mayBeTaken: boolean
  /** When the current write began, epoch ms. */
  readonly writingSince: number | undefined

  /**
   * The generation that this run began (in memory until its first write-ahead) or took over. A failure of that
   * generation or a later one is this run's own end.
   */
  readonly begunGeneration: number
  /** The open record that this run last saw in the store. */
  readonly seen: OpenRecord | undefined
  /**
   * The run returns a result that it did not bring about: the operation was settled before this run did anything, or the
   * server named the resource that an earlier request with the key made.
   */
  readonly recalled: boolean

  readonly proof: OwnProof
  /** The stored key for which this run has already raised the alarm of a possible duplicate. */
  readonly alarmed: string | undefined

  /** Monotonic ms. */
  readonly deadlineMs: number
  /** Set while the runtime reports that it is offline: when the run tries all the same. */
  readonly offline: OfflineHint | undefined
  /** The poll deadline has replaced the deadline, from the first processing answer of this run on. */
  readonly isPolling: boolean
  readonly stop: StopRequest | undefined
}

/**
 * Whether this run's own evidence proved the success, independent of the store. `late`: the proof came after its
 * attempt was given up, and no write has tried to keep the proof yet. `outrun`: another generation has taken this one's
 * place in the store, so the proof is not written any more.
 */
export type OwnProof = 'none' | 'late' | 'stands' | 'outrun'

/** Why nothing of an attempt was sent. `fault`: how the store failed. */
export type NotSent =
  | { readonly kind: GateRefusal }
  | { readonly kind: 'store-failed'; readonly fault: StoreFault }

/** The refusals that need no detail beside their name. */
export type GateRefusal = Exclude<RefusalReason, 'store-failed'>

/** How an attempt ended. `observed`: its evidence is already in the record. */
export type AttemptEnd =
  | { readonly kind: 'observed' }
  | { readonly kind: 'refused'; readonly refusal: NotSent }
  | { readonly kind: 'mistaken'; readonly mistake: Mistake }

/** A decision that follows in the same step. machine.ts shows which function takes it. */
export type Following =
  | { readonly decision: 'turn' }
  /** Reads what is stored of the operation. `looks` counts the reads before this one. */
  | { readonly decision: 'look'; readonly looks: number }
  | { readonly decision: 'take-off'; readonly as: 'attempt' | 'poll' | 'reread' }
  | { readonly decision: 'wait-online' }
  /** Writes down what was learnt, if losing it would do harm. */
  | { readonly decision: 'keep'; readonly after: Following }
  /** The attempt is over, and its result is written down. */
  | { readonly decision: 'flown'; readonly came: AttemptEnd }
  /** The ask is over, and what it brought is written down. */
  | { readonly decision: 'asked' }
  /**
   * The store could not keep a refusal. The refusal is proof only if the store still shows that this runner holds the
   * operation.
   */
  | {
      readonly decision: 'recheck'
      readonly record: OperationRecord
      readonly fault: StoreFault
      readonly after: Following
    }
  /** The run ends and releases its claim. */
  | { readonly decision: 'let-go'; readonly end: End }
  /** The run ends with its proven result and releases its claim. */
  | { readonly decision: 'settle' }
  /**
   * The claim is released, and the run reports its end. `isHonest`: the end is first checked against what the store
   * holds.
   */
  | { readonly decision: 'finish'; readonly end: End; readonly isHonest: boolean }

/** A write that also sets a lease, and what the clocks showed before the write. */
export type Leasing = { readonly lease: Lease; readonly begun: ClockReading }

/**
 * One attempt. `with-hooks`: the http layer and its hooks are at work, and nothing is on its way to the server.
 * `writing-ahead`: one send waits at the gate for its write. `in-the-air`: a send has passed the gate, and nothing has
 * come back yet.
 */
export type FlightState = {
  readonly as: 'attempt' | 'poll' | 'reread'
  /** Every send of the attempt carries this key. */
  readonly key: string
  readonly generation: number
  /** When the attempt began, by the wall clock. */
  readonly sinceAt: number
  /** The attempt is made although the runtime reports that it is offline. */
  readonly isDespiteHint: boolean
  readonly stage:
    | { readonly name: 'with-hooks' }
    | {
        readonly name: 'writing-ahead'
        readonly send: number
        readonly leasing: Leasing
        readonly isFirstSend: boolean
        readonly isFirstWrite: boolean
        /**
         * Requests that bypassed the gate since the write began, and that the written record therefore does not count.
         */
        readonly foreignHeads: number
      }
    | { readonly name: 'in-the-air' }
  /** Sends that reached the gate while another one was being written ahead. */
  readonly atGate: readonly AtGate[]
  /** The attempt ran out of time, or the run was asked to stop while nothing was on its way to the server. */
  readonly cutBy: 'timeout' | 'stop' | undefined
  /** The http layer has finished, or nothing it may still do counts. */
  readonly isOver: boolean
  readonly observed: number
  readonly refusal: NotSent | undefined
  /**
   * The last evidence, and what was known before it. The evidence is judged again if more requests left than passed the
   * gate.
   */
  readonly last:
    | { readonly observed: ObservedSend; readonly record: OperationRecord; readonly progress: Progress }
    | undefined
}

type AtGate = Extract<RunEvent, { type: 'at-gate' }>

/** What a run is doing, with the data that only this state has. */
export type RunActivity =
  | { readonly name: 'beginning' }
  /** The record is being read to decide what follows. `looks` counts the reads before this one. */
  | { readonly name: 'looking'; readonly looks: number }
  /** The record is being read for a call that cannot be made because its request is a mistake. */
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
      /** How many times the release has lost to another write. */
      readonly lost: number
    }
  | { readonly name: 'looking-back'; readonly end: End; readonly released: OperationRecord }
  | {
      readonly name: 'looking-for-others'
      readonly end: End
      readonly before: OperationRecord['writer'] | undefined
    }
  | { readonly name: 'ended'; readonly end: End }

/** What the run continues with after the lease is renewed. */
export type Renewed =
  | { readonly for: 'rest'; readonly untilMs: number; readonly counts: CountedAs }
  | { readonly for: 'ask'; readonly at: 'poll-url' | 'status' | 'result' }
  | { readonly for: 'turn' }

export type RunState = { readonly knows: RunKnowledge; readonly does: RunActivity }
