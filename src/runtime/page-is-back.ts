/**
 * Calls back when somebody comes back to the page, or the network is back: the world may be another one then. Returns what
 * ends it. Where there is no page, only what the runtime says of its network counts.
 */
export function whenSomebodyIsBack(callback: () => void): () => void {
  const onVisible = () => {
    if (globalThis.document.visibilityState === 'visible') callback()
  }
  const signals = ['focus', 'online', 'pageshow'] as const
  for (const signal of signals) globalThis.addEventListener?.(signal, callback)
  globalThis.document?.addEventListener('visibilitychange', onVisible)
  return () => {
    for (const signal of signals) globalThis.removeEventListener?.(signal, callback)
    globalThis.document?.removeEventListener('visibilitychange', onVisible)
  }
}
