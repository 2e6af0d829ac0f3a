import type { RecordStore } from '../public/store.ts'

/** The site's locks; undefined where there are none: an insecure page, an old browser. */
export function siteLocks(): LockManager | undefined {
  return typeof navigator === 'object' ? navigator.locks : undefined
}

/** `lock` of a store, by Web Locks: the browser frees them when their tab dies. */
export function webLock(namePrefix: string): Pick<RecordStore, 'lock'> {
  const locks = siteLocks()
  if (locks === undefined) return {}
  return {
    lock: async (key, work, { signal }) =>
      locks.request(`${namePrefix}${key}`, signal === undefined ? {} : { signal }, work),
  }
}
