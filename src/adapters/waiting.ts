/*
 * What ends the waiting of an SDK: its timeout and its signals. React Native has neither `AbortSignal.timeout` nor
 * `AbortSignal.any`, and its controllers drop the reason of an abort.
 */

/** Joins signals and a timeout; 0 means no timeout. All of them end only the waiting. */
export function within(timeoutMs: number | undefined, ...given: readonly unknown[]): AbortSignal | undefined {
  const signals = given.filter(each => each instanceof AbortSignal)
  if (timeoutMs !== undefined && timeoutMs > 0) signals.push(timeoutSignal(timeoutMs))
  return signals.length > 1 ? joinedSignal(signals) : signals[0]
}

export function timeoutSignal(timeoutMs: number): AbortSignal {
  if ('timeout' in AbortSignal) return AbortSignal.timeout(timeoutMs)
  const controller = new AbortController()
  const error = Object.assign(new Error('The waiting timed out.'), { name: 'TimeoutError' })
  setTimeout(() => abort(controller, error), timeoutMs)
  return controller.signal
}

function joinedSignal(signals: readonly AbortSignal[]): AbortSignal {
  if ('any' in AbortSignal) return AbortSignal.any([...signals])
  const controller = new AbortController()
  for (const signal of signals) {
    const follow = () => abort(controller, signal.reason)
    if (signal.aborted) follow()
    else signal.addEventListener('abort', follow, { once: true })
  }
  return controller.signal
}

function abort(controller: AbortController, reason: unknown): void {
  if (controller.signal.aborted) return
  if (reason !== undefined) Object.defineProperty(controller.signal, 'reason', { value: reason })
  controller.abort(reason)
}
