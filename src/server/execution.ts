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
