import type { Parse } from './request/parse-input.ts'

export type HandleOptions<Context = unknown, Input = unknown> = {
  /** What the framework knows of the request, for `scope`. */
  readonly context?: Context | undefined
  /** For this handler, instead of the option of the same name. */
  readonly parse?: Parse<Input> | undefined
  /** What counts of the request in place of its body, where middleware has read that: data, texts, bytes. */
  readonly payload?: unknown
  /** For this handler, instead of the option of the same name. */
  readonly resumable?: boolean | undefined
  /** For this handler, instead of the option of the same name. */
  readonly rethrow?: boolean | undefined
  /** Keeps a worker alive for what goes on after the answer, or after the client has left. */
  readonly waitUntil?: ((work: Promise<unknown>) => void) | undefined
}
