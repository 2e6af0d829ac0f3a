/*
 * A browser may keep the page that a user leaves in its back-forward cache. WebKit keeps a page together with a
 * transaction that has not ended, and every other page of the site then waits for that transaction until the user
 * returns or the page is discarded (measured in WebKitGTK 2.50.6). So a page that is about to be kept aborts its
 * transactions, and begins none until it is shown again. A page that is not kept needs none of this, because its
 * transactions end with it.
 */

export type KeptPage = {
  /** Undefined while the page is shown. After the page was left, a promise that resolves when it is shown again. */
  readonly shown: () => Promise<void> | undefined
  /** Calls back when the page is left and may be kept. Returns a function that ends this. */
  readonly onLeave: (listener: () => void) => () => void
  readonly end: () => void
}

/** The timers of a kept page stand still, so a page whose timer fires this long after it was left is not kept, ms. */
const NOT_KEPT_MS = 1_000

export function keptPage(): KeptPage {
  const listeners = new Set<() => void>()
  let away: Promise<void> | undefined
  let comeBack = (): void => {}

  function leave({ persisted }: { readonly persisted?: boolean }): void {
    if (persisted !== true || away !== undefined) return
    away = new Promise(resolve => {
      const timer = setTimeout(() => comeBack(), NOT_KEPT_MS)
      comeBack = () => {
        clearTimeout(timer)
        away = undefined
        resolve()
      }
    })
    for (const listener of listeners) listener()
  }

  const show = (): void => comeBack()
  globalThis.addEventListener?.('pagehide', leave)
  globalThis.addEventListener?.('pageshow', show)
  return {
    shown: () => away,
    onLeave: listener => {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    end: () => {
      globalThis.removeEventListener?.('pagehide', leave)
      globalThis.removeEventListener?.('pageshow', show)
      comeBack()
    },
  }
}
