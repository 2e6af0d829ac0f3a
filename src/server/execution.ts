import type { DatabaseTransaction } from '../public/store.ts'
import type { ServerAnswer } from './answer/answer.ts'
import type { AskedRequest } from './request/asked.ts'
import type { ServerRuntime } from './server-runtime.ts'

/** What a handler receives besides the request. */
export type Execution<Input = unknown> = {
  /** Undefined if the request needs no key, or came without one (`required: false`). */
  readonly key: string | undefined
  readonly scope: string | undefined
  /** The result of `parse`; undefined without `parse`. */
  readonly input: Input
  /** Counts the claims of this key. An effect that checks this number can refuse an earlier holder. */
  readonly fence: number
  /** An earlier run under this key came to nothing, so its effects may exist. Only true for resumable handlers. */
  readonly resumed: boolean
  /** Aborts when the claim is lost or the time is up, and never because the client disconnected. */
  readonly signal: AbortSignal
  /** Returns a key for a call to another service: the same key in every run under this key. */
  readonly deriveKey: (name: string) => Promise<string>
  /** Asks the store whether the claim still holds. */
  readonly holds: () => Promise<boolean>
  /**
   * Completes the key inside a transaction of the handler on the store's own database, so that the handler's rows and
   * the answer are committed together or not at all. After the commit this success is the answer to every repeat,
   * whatever happens to this process. `answer` is a Response, or in `once.run` the value. The promise resolves with
   * the same `answer`, to be returned after the commit. A repeated transaction calls this function again. Rejects
   * with an IdempotencyError of code `claim-lost` if another process holds the key by now, or if the handler has
   * completed the key before; the transaction then cannot commit. Other errors are the driver's own. Without a key,
   * only returns the answer.
   *
   * @example
   * const order = { id: await insertOrder(transaction, input) }
   * await completeWithin(transaction, Response.json(order, { status: 201 }))
   */
  readonly completeWithin: <Answer>(transaction: DatabaseTransaction, answer: Answer) => Promise<Answer>
}

/** Performs the request. Work that throws may have half happened, unless it throws NotExecuted. */
export type Handler<Input = unknown> = (
  request: Request,
  execution: Execution<Input>,
) => Response | Promise<Response>

/** A handler inside the package: reads the Request only if it needs one, and returns the cheapest form of answer. */
export type PlainHandler = (asked: AskedRequest, execution: Execution) => ServerAnswer | Promise<ServerAnswer>

/** An execution without the protection of a key. */
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

/** A UUID of version 8 (RFC 9562 5.8) made from a hash, so that it fits wherever a UUID does. */
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
