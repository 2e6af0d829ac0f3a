/**
 * Calls back when somebody comes back to the page, which is when the world may be another one: logged in
 * elsewhere, begun in another tab, online again. Returns what ends it. Outside of a browser nothing happens.
 */
export function whenPageIsBack(callback: () => void): () => void {
  if (!('document' in globalThis)) return () => {}
  const { document } = globalThis
  const onVisible = () => {
    if (document.visibilityState === 'visible') callback()
  }
  const signals = ['focus', 'online', 'pageshow'] as const
  for (const signal of signals) globalThis.addEventListener(signal, callback)
  document.addEventListener('visibilitychange', onVisible)
  return () => {
    for (const signal of signals) globalThis.removeEventListener(signal, callback)
    document.removeEventListener('visibilitychange', onVisible)
  }
}
