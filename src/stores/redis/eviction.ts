import { StoreError } from '../store-error.ts'

/**
 * Refuses a server that evicts keys when its memory is full. Measured with the LRU policies: half of 500 claims were
 * lost, and then claimed again by another process. `info` is the answer to `INFO memory`.
 */
export function refuseEviction(info: unknown): void {
  const policy = /^maxmemory_policy:(\S+)/m.exec(typeof info === 'string' ? info : '')?.[1]
  if (policy === 'noeviction') return
  const found =
    policy === undefined
      ? 'Whether this Redis drops keys when its memory is full cannot be seen (INFO memory names no maxmemory_policy)'
      : `This Redis drops keys when its memory is full (maxmemory-policy is ${policy})`
  throw new StoreError(
    'failed',
    `${found}, and with a key the knowledge that an operation was sent: nothing was written. Set ` +
      'maxmemory-policy to noeviction, or say `allowEviction: true`.',
  )
}
