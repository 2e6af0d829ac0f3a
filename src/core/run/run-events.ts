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

/** What is true when an event is taken. Times are epoch ms by the wall clock (`At`) or monotonic ms. */
export interface Now {
  readonly wallAt: number
  readonly ms: number
  /**
   * The later of the wall clock and the run's start plus the monotonic time since. A wall clock that was set back hides
   * no time.
   */
  readonly nowAt: number
  /** The clocks by which the age of a key is known. */
  readonly clocks: Clocks
  readonly online: boolean
  /** The user to whom the operation belongs is still logged in. */
  readonly isSameScope: boolean
  /** The account whose credential is used; undefined if `account` threw. */
  readonly account: string | undefined
  /** The budget that the run spends. Runs of one user at one origin share a budget. */
  readonly budget: Budget
  /** Uniform in [0, 1). */
  readonly random: number
  /** The server's time now; undefined unless two of its answers agree on that time. */
  readonly serverAt: number | undefined
  /** The runner holds the lock of its own name, so others would notice its death. */
  readonly isSeen: boolean
  /** The holder of this lease has died, or has lost the lock of its own name. */
  isGone(lease: Lease): boolean
}

/** What came of one send, with the results of the callbacks. */
export type ObservedSend = {
  readonly type: 'observed'
  readonly evidence: Evidence
  /** Requests with the key that bypassed the gate since the last event that counted them. */
  readonly foreignHeads: number
  readonly context: Pick<
    JudgeContext,
    'sameBytes' | 'conditional' | 'unseenCopies' | 'acceptsHtml' | 'takesOtherData'
  >
  /** The runtime's own fetch delivered the request at most once. A proxy may still have repeated the request. */
  readonly isDeliveredOnce: boolean
  readonly wantsText: boolean
  readonly hook: VerdictName | 'failed' | undefined
  /** An invalid value that the `verdict` hook returned. */
  readonly mistake: Mistake | undefined
  readonly poll: { readonly url: string; readonly isMonitor: boolean } | undefined
  /**
   * The operation's own URL, where the resource shows its progress if the answer says that the resource is still being
   * made.
   */
  readonly ownMonitor: { readonly url: string; readonly isMonitor: true } | undefined
  readonly resourceUrl: string | undefined
  /** The origin of an address that the answer names for polling and that may not be asked. */
  readonly foreign: string | undefined
  readonly retryAfterMs: number | undefined
  readonly serverOffsetMs: number | undefined
}

export type RunEvent =
  | { readonly type: 'begun' }
  /** The call has no valid request: the OperationError for its mistake. */
  | { readonly type: 'mistaken'; readonly mistake: Mistake }
  | { readonly type: 'stop'; readonly request: StopRequest }
  /** Another part of this process wrote the record, or the page was away. The run reads the stored record again. */
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
      /** Set if the key is part of the target; otherwise the request's own target holds. */
      readonly target?: Target | undefined
      readonly request: StoredRequest | undefined
    }
  | { readonly type: 'compared'; readonly bodyHash: string }
  | {
      readonly type: 'at-gate'
      readonly send: number
      readonly foreignHeads: number
      /** The signal that the http layer passed has fired. */
      readonly isAborted: boolean
      /** The request to keep with the record from now on, if the definition keeps requests. */
      readonly request: StoredRequest | undefined
    }
  /**
   * The send is written ahead, and its first byte leaves now or never. `hop`: a redirect of a request that has left.
   */
  | {
      readonly type: 'at-byte'
      readonly send: number
      readonly hop: boolean
      readonly foreignHeads: number
      readonly isAborted: boolean
    }
  | ObservedSend
  /** An answer came after its attempt was given up. */
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
  /** A callback or the code threw where nothing may throw. */
  | { readonly type: 'failed'; readonly error: unknown; readonly mistake: Mistake | undefined }

/** What the http layer threw. */
export type CarryFailure = {
  readonly mistake: Mistake | undefined
  /** The option that threw, if that is known. */
  readonly option?: string | undefined
  /** Without anything that may be a secret. */
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
  /** The result of the definition's own `read`, if `read` was called. */
  readonly read: { readonly misread: string | undefined; readonly cause: unknown } | undefined
  readonly mistake: Mistake | undefined
}
