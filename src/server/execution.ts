import type { DatabaseTransaction } from '../public/store.ts'
import type { ServerAnswer } from './answer/answer.ts'
import type { AskedRequest } from './request/asked.ts'
import type { ServerRuntime } from './server-runtime.ts'

/** What a handler is given beside the request. */
export type Execution<Input = unknown> = {
  /** Undefined where the request needs none, or came without (`required: false`). */
  readonly key: string | undefined
  readonly scope: string | undefined
  /** What `parse` made of the request; undefined without one. */
  readonly input: Input
  /** Counts the claims of this key: an effect that is guarded by it refuses the holder before. */
  readonly fence: number
  /** An earlier run under this key came to nothing, so its effects may be there. Only where resumable. */
  readonly resumed: boolean
  /** Aborts when the claim is lost or the time is up; never because the client left. */
  readonly signal: AbortSignal
  /** A key for a call to another service: the same for each run under this key. */
  readonly deriveKey: (name: string) => Promise<string>
  /** Whether the claim still holds, asked of the store. */
  readonly holds: () => Promise<boolean>
  /**
   * Completes the key in a transaction of the handler's on the store's own database, so that its rows and the answer commit
   * together or not at all: a success that is given again from then on, whatever becomes of this process. `answer` is a
   * Response, of `once.run` the value; it comes back, to be returned after the commit. A transaction that is repeated calls
   * it again. Rejects with an IdempotencyError of code `claim-lost` where another holds the key by now, or the handler has
   * completed it before, and the transaction cannot commit then; else with the driver's own error. Without a key it only gives
   * the answer back.
   *
   * @example
   * const order = { id: await insertOrder(transaction, input) }
   * await completeWithin(transaction, Response.json(order, { status: 201 }))
   */
  readonly completeWithin: <Answer>(transaction: DatabaseTransaction, answer: Answer) => Promise<Answer>
}

/** Performs the request. What it throws may have half happened, unless it throws NotExecuted. */
export type Handler<Input = unknown> = (
  request: Request,
  execution: Execution<Input>,
) => Response | Promise<Response>

/** The same within: it asks for the Request where it needs one, and gives what costs least. */
export type PlainHandler = (asked: AskedRequest, execution: Execution) => ServerAnswer | Promise<ServerAnswer>

/** An execution that no key protects. */
export function unprotected(asked: AskedRequest, runtime: ServerRuntime, input?: unknown): Execution {
  let derived = 0
  return {
    key: undefined,
    scope: undefined,
    input,
    fence: 0,
    resumed: false,
    signal: asked.request().signal,
    deriveKey: async name => derivedKey(runtime, `${runtime.runnerId} ${runtime.now()} ${derived++}`, name),
    holds: async () => true,
    completeWithin: async (_, answer) => answer,
  }
}

const encoder = new TextEncoder()

/** A UUID of version 8 (RFC 9562 5.8) from a hash, so that it fits wherever a UUID does. */
export async function derivedKey(runtime: ServerRuntime, from: string, name: string): Promise<string> {
  const hex = await runtime.digest(encoder.encode(JSON.stringify([from, name])))
  const variant = ((Number.parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}
