import { ANSWER, ANSWER_INIT } from './contestant.ts'

/** In place of the network. To be called before a contestant is imported: some keep the fetch that they find then. */
export function stubFetch(): void {
  globalThis.fetch = () => Promise.resolve(new Response(ANSWER, ANSWER_INIT))
}

/** A server that never answers; counts what has been sent to it. */
export function silentFetch(): { readonly sent: number } {
  const count = { sent: 0 }
  globalThis.fetch = () => {
    count.sent += 1
    return new Promise(() => {})
  }
  return count
}
