/**
 * Calls back when somebody returns to the page, or the network is back, because anything may have changed meanwhile.
 * Returns a function that ends this. Without a page, only the runtime's network events count.
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
