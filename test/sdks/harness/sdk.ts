import type { FetchOptions, Profile } from 'stillonce'
import type { Answer, Dialect } from './scripted-server.ts'

export type Fetch = typeof fetch

/** How an SDK is set up for a test. */
export type Setup = {
  readonly fetch: Fetch
  readonly url: string
  readonly port: number
  /** The SDK's own, ms. */
  readonly timeoutMs?: number
  /** The SDK's own. Default: as the SDK has it. */
  readonly retries?: number
}

/** An SDK, how it is given its fetch, and what its users see in the end. */
export type Sdk = {
  readonly name: string
  readonly profile: Profile
  readonly id: FetchOptions['id']
  /** The caller's key, and the one after a refusal. Default `order-42`, and the UUID that follows from it. */
  readonly keys?: readonly [string, string]
  readonly keepResponseHeaders?: readonly string[]
  /** Where each request carries another credential. */
  readonly account?: FetchOptions['account']
  /** The fetch of the http layer. Default: Node's own. */
  readonly innermost?: Fetch
  /** The SDK's signature covers the key. */
  readonly signsItsKey?: true
  /** The SDK gives its http client no timeout, and no signal. */
  readonly waitsForEver?: true
  /**
   * The SDK sends a clone of its Request, and so loses its timeout if Node's garbage collector runs meanwhile:
   * findings/shippo-waits-past-its-own-timeout.sh.
   */
  readonly losesItsTimeout?: true
  readonly server: Dialect
  /** Makes the SDK, and gives its call that creates something: under a key of the caller, or without one. */
  readonly creates: (setup: Setup) => (key: string | undefined) => Promise<unknown>
  /** What the call resolves with after the first execution. */
  readonly resolves: unknown
  /** What the server says to a declined request, and the name of the SDK's error for it. */
  readonly declined: Answer & { readonly error: string }
  /** What the server says while the first request under a key is at work. */
  readonly inProgress: Answer
}

/** The id of a test, which is the key that is sent. */
export const headerKey: FetchOptions['id'] = request => request.headers.get('idempotency-key')

export const keyInHeader: Dialect['keyOf'] = ({ headers }) => {
  const key = headers['idempotency-key']
  return typeof key === 'string' ? key : undefined
}

/** The key as a header, where there is one. */
export function keyHeaders(key: string | undefined): { headers: Record<string, string> } {
  return { headers: key === undefined ? {} : { 'idempotency-key': key } }
}

/** The fetch of an SDK whose address cannot be set: what leads to `from` goes to `to`. */
export function led(fetch: Fetch, from: string, to: string): Fetch {
  return (input, init) => fetch(String(input).replace(from, to), init)
}
