import type { Answer, Evidence, FailureCause, RefusalReason } from '../../core/answers/evidence.ts'
import type { Fetch } from '../../public/transport.ts'
import type { Carrier } from '../../runtime/carrier.ts'
import type { Watched } from '../../runtime/send-watch.ts'
import type { Delivered } from './delivery.ts'

/** The attempt whose gate it is: what the gate imposes, what it asks, and to whom it reports. */
export interface GateHost {
  readonly method: string
  readonly url: URL
  readonly body: Uint8Array<ArrayBuffer> | undefined
  /** The text that the body is the UTF-8 of, where it was made of one. */
  readonly text: string | undefined
  readonly innermost: Fetch
  readonly environment: 'node' | 'other'
  readonly limitBytes: number
  /** The http layer looks at the answer, so it gets a copy. */
  readonly copiesAnswers: boolean
  readonly watched: Watched | undefined
  /** Fires when this attempt's time is up. */
  readonly cutSignal: AbortSignal
  readonly isCut: boolean
  /** Why its time is up. */
  cutCause(): FailureCause
  /** Set on every send, whatever the hooks did: the key, and what the definition demands. */
  imposed(): Readonly<Record<string, string>>
  /** What is known of the way that a send takes now; `dispatcher` is the option of that name. */
  carrier(dispatcher: unknown): Carrier
  /** Resolves when a send is written ahead, with its number; a reason refuses. `isAborted`: its signal has fired. */
  atGate(isAborted: boolean): Promise<AtGate>
  /** Whether the byte may leave now, in this very tick; a reason refuses. `hop`: it follows a redirect. */
  atByte(send: number, isAborted: boolean, hop: boolean): RefusalReason | undefined
  /** `from`: the URL that was asked, the operation's own or where a redirect led. */
  observe(evidence: Evidence, from: URL, how: SentHow): void
  /** An answer that came although its attempt was given up: it may still prove success. */
  observeLate(answer: Answer, from: URL, how: SentHow): void
}

/** A send that is written ahead, or refused for a reason. */
export type AtGate = { readonly send: number; readonly reason: RefusalReason | undefined }

/** How a request left: `delivered` is whether it is known to have been delivered at most once. */
export type SentHow = {
  readonly delivered: Delivered
  /** Hooks' own included. Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
}
