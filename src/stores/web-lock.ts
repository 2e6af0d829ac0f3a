import type { RecordStore } from '../public/store.ts'

/** The site's locks; undefined if there are none (an insecure page, an old browser). */
export function siteLocks(): LockManager | undefined {
  return typeof navigator === 'object' ? navigator.locks : undefined
}

/**
 * Whether a script of the page made `navigator.locks`; the browser's own belongs to `Navigator.prototype`. A polyfill
 * keeps its locks in `localStorage`, of which each tab has its own copy.
 */
export function areLocksPolyfilled(): boolean {
  return Object.hasOwn(navigator, 'locks')
}

/** A store's `lock` by Web Locks, which the browser releases when their tab dies. */
export function webLock(namePrefix: string): Pick<RecordStore, 'lock'> {
  const locks = siteLocks()
  if (locks === undefined) return {}
  return {
    lock: async (key, work, { signal }) =>
      locks.request(`${namePrefix}${key}`, signal === undefined ? {} : { signal }, work),
  }
}
