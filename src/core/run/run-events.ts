import type { Answer, Evidence } from '../answers/evidence.ts'
import type { AnswerTime } from '../answers/answer-time.ts'
import type { Budget } from './retry-budget.ts'
import type { Clocks } from '../record/key-horizon.ts'
import type { Lease } from '../record/lease.ts'
import type {
  OperationRecord,
  StoredFailure,
  StoredRequest,
  StoredResult,
  Target,
} from '../record/operation-record.ts'
import type { JudgeContext, VerdictName } from '../answers/verdict-kinds.ts'
import type { AskReading } from '../answers/weighed-reading.ts'
import type { Mistake } from './mistake.ts'
import type { StopRequest } from './run-mode.ts'
import type { StoreLook, StoreFault } from './store-look.ts'

/**
 * What is true now, sampled once for each event by one function of the performer. Times: epoch ms by the wall clock,
 * monotonic ms.
 */
export interface Now {
  readonly wallAt: number
  readonly ms: number
  /** The greater of both clocks since the run began: a wall clock that was set back hides no time. */
  readonly nowAt: number
  /** By which a key's age is known. */
  readonly clocks: Clocks
  readonly online: boolean
  /** Whoever the operation belongs to is still logged in. */
  readonly isSameScope: boolean
  /** Whose credential is used; undefined where `account` threw. */
  readonly account: string | undefined
  /** Whose budget the run spends: its user's, at its origin. */
  readonly budget: Budget
  /** Uniform in [0, 1). */
  readonly random: number
  /** The server's time now, where two of its answers agree on it. */
  readonly serverAt: number | undefined
  /** The lock of this runner's name is held, so that its death would be seen. */
  readonly isSeen: boolean
  /** The holder of this lease is dead, or its lock says that it is gone. */
  isGone(lease: Lease): boolean
}

/** What came of one send, with what callbacks made of it. */
export type ObservedSend = {
  readonly type: 'observed'
  readonly evidence: Evidence
  /** Heads with the key that left beside the gate since the last event that counted them. */
  readonly foreignHeads: number
  readonly context: Pick<
    JudgeContext,
    'sameBytes' | 'conditional' | 'unseenCopies' | 'acceptsHtml' | 'takesOtherData'
  >
  /** What nothing between client and server sent again. */
  readonly isDeliveredOnce: boolean
  readonly wantsText: boolean
  readonly hook: VerdictName | 'failed' | undefined
  /** What `verdict` gave that is none. */
  readonly mistake: Mistake | undefined
  readonly poll: { readonly url: string; readonly isMonitor: boolean } | undefined
  /** At its own URL the resource shows how far it is, should the answer say that it is being made. */
  readonly ownMonitor: { readonly url: string; readonly isMonitor: true } | undefined
  readonly resourceUrl: string | undefined
  /** The origin of an address at which it says to ask, and which is not asked. */
  readonly foreign: string | undefined
  readonly retryAfterMs: number | undefined
  readonly serverOffsetMs: number | undefined
}

export type RunEvent =
  | { readonly type: 'begun' }
  /** The call has no request: what it gave is a mistake, an OperationError. */
  | { readonly type: 'mistaken'; readonly mistake: Mistake }
  | { readonly type: 'stop'; readonly request: StopRequest }
  /** Somebody else in this process wrote the record, or the page was away: what is stored is looked at again. */
  | { readonly type: 'nudged' }
  /** A wait is over. */
  | { readonly type: 'due' }
  /** The attempt's time is up. */
  | { readonly type: 'overdue' }
  | { readonly type: 'read'; readonly heard: StoreLook }
  | { readonly type: 'unread'; readonly fault: StoreFault; readonly heard: StoreLook }
  | { readonly type: 'written'; readonly record: OperationRecord; readonly heard: StoreLook }
  /** Another write came first. */
  | { readonly type: 'lost'; readonly heard: StoreLook }
  | { readonly type: 'unwritten'; readonly fault: StoreFault; readonly heard: StoreLook }
  | {
      readonly type: 'keyed'
      readonly key: string
      readonly bodyHash: string
      /** Where the key is part of it; absent: the request's own. */
      readonly target?: Target | undefined
      readonly request: StoredRequest | undefined
    }
  | { readonly type: 'compared'; readonly bodyHash: string }
  | {
      readonly type: 'at-gate'
      readonly send: number
      readonly foreignHeads: number
      /** The signal that the http layer gave has fired. */
      readonly isAborted: boolean
      /** Kept with the record from now on, where the definition keeps requests. */
      readonly request: StoredRequest | undefined
    }
  /** Written ahead: now, or never, the byte leaves. `hop`: a redirect of what has left. */
  | {
      readonly type: 'at-byte'
      readonly send: number
      readonly hop: boolean
      readonly foreignHeads: number
      readonly isAborted: boolean
    }
  | ObservedSend
  /** An answer after its attempt was given up. */
  | {
      readonly type: 'late-answer'
      readonly observed: ObservedSend
      readonly answer: Answer
      readonly key: string
      readonly generation: number
    }
  /** The http layer is done with the attempt. */
  | { readonly type: 'carried'; readonly failure: CarryFailure | undefined }
  | { readonly type: 'landed'; readonly foreignHeads: number; readonly failure: CarryFailure | undefined }
  | Asked
  /** Something threw where nothing throws: a callback, or the code. */
  | { readonly type: 'failed'; readonly error: unknown; readonly mistake: Mistake | undefined }

/** What the http layer threw. */
export type CarryFailure = {
  readonly mistake: Mistake | undefined
  /** The option that threw, where that is known. */
  readonly option?: string | undefined
  /** Without what may be a secret. */
  readonly cause: unknown
}

export type Asked = {
  readonly type: 'asked'
  readonly answer: Answer | undefined
  readonly reading: AskReading
  readonly time: AnswerTime
  readonly retryAfterMs: number | undefined
  readonly result: StoredResult | undefined
  readonly failure: StoredFailure | undefined
  readonly resultUrl: string | undefined
  /** What came of the definition's own `read`, where it was called. */
  readonly read: { readonly misread: string | undefined; readonly cause: unknown } | undefined
  readonly mistake: Mistake | undefined
}
