import type { Answer, Evidence, FailureCause, RefusalReason } from '../../core/answers/evidence.ts'
import type { Fetch } from '../../public/transport.ts'
import type { Carrier } from '../../runtime/carrier-kinds.ts'
import type { Watched } from '../../runtime/send-watch.ts'
import type { Delivered } from './delivery.ts'

/** The attempt that a gate belongs to: what the gate imposes, whom it asks, and where it reports. */
export interface GateHost {
  readonly method: string
  readonly url: URL
  readonly body: Uint8Array<ArrayBuffer> | undefined
  /** The text whose UTF-8 encoding is the body, if the body was made from a text. */
  readonly text: string | undefined
  readonly innermost: Fetch
  readonly environment: 'node' | 'other'
  readonly limitBytes: number
  /** The http layer looks at responses, so it gets a copy. */
  readonly copiesAnswers: boolean
  readonly watched: Watched | undefined
  /** Fires when this attempt's time is up. */
  readonly cutSignal: AbortSignal
  readonly isCut: boolean
  /** Why the time is up. */
  cutCause(): FailureCause
  /** Headers that are set on every send, whatever the hooks did: the key, and what the definition demands. */
  imposed(): Readonly<Record<string, string>>
  /** What is known about the way that a send takes now; `dispatcher` is the option of that name. */
  carrier(dispatcher: unknown): Carrier
  /**
   * Resolves with the send's number once it is written ahead, or with a reason that refuses it. `isAborted`: its signal
   * has fired.
   */
  atGate(isAborted: boolean): Promise<AtGate>
  /** Whether the first byte may leave now, in this very tick; a reason refuses. `hop`: the send follows a redirect. */
  atByte(send: number, isAborted: boolean, hop: boolean): RefusalReason | undefined
  /** `from`: the URL that was requested, the operation's own or the target of a redirect. */
  observe(evidence: Evidence, from: URL, how: SentHow): void
  /** Reports a response that came after its attempt was given up: it may still prove success. */
  observeLate(answer: Answer, from: URL, how: SentHow): void
}

/** A send that is written ahead, or refused for a reason. */
export type AtGate = { readonly send: number; readonly reason: RefusalReason | undefined }

/** How a request was sent. `delivered` is whether it is known to have been delivered at most once. */
export type SentHow = {
  readonly delivered: Delivered
  /** Includes the headers that hooks added. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}
