/* What stands at the other end of the simulated wire: a model, or stillonce/server itself. */

export type ServerRequest = {
  readonly fetchId: number
  readonly method: string
  readonly path: string
  readonly key: string | undefined
  readonly account?: string
  /** Its connection breaks in the middle of its body. */
  readonly breaksOff?: boolean
  readonly space?: string
  /** What is meant, where it is the operation itself. */
  readonly operation?: { readonly op: string; readonly item: string } | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export type ServerAnswer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** What comes back of a request: an answer, or that nobody took it, or that its connection broke. */
export type Exchange = {
  readonly answer: (answer: ServerAnswer) => void
  readonly lost: (how: 'refused' | 'reset') => void
}

export type Effect = {
  readonly id: number
  readonly at: number
  readonly key: string
  readonly op: string
  readonly item: string
  readonly fetchId: number
}

/** What an operator who looks into the ledger may tell, so that it stays true. */
export type Truth =
  | { readonly outcome: 'executed'; readonly data: unknown }
  | { readonly outcome: 'not-executed' }
  | 'unclear'

export interface ServerSide {
  /** What really happened, in the order in which it did. */
  readonly effects: readonly Effect[]
  effectsOf(key: string): number
  /** Whether a key that was first sent then is older than what is remembered here. */
  hasForgotten(firstSentAt: number): boolean
  /** Whether clocks that disagree may put this time on the other side of the server's birth. */
  isBentByClocks(firstSentAt: number): boolean
  receive(request: ServerRequest, exchange: Exchange): void
  /** Ends all faults. */
  heal(): void
  /** Whether no request is being worked on. */
  readonly isIdle: boolean
  reconcile(key: string, tell: (truth: Truth) => void): void
  /** What a person does once all is healed, for keys that wait for one. */
  concludeAll(): Promise<void>
}

export function resultOf(effect: Effect): {
  readonly effect: number
  readonly key: string
  readonly item: string
} {
  return { effect: effect.id, key: effect.key, item: effect.item }
}
