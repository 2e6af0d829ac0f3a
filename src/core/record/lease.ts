/**
 * A lease records which runner holds an operation, and until when. A runner is one client in one tab or process. A
 * lease only saves work: a runner that has lost its lease is fenced by the store's compare-and-set at the gate.
 */
export type Lease = {
  readonly runner: string
  /** Wall time of the holder, epoch ms. */
  readonly until: number
  /** Shows others on the same host whether the holder's process still lives. */
  readonly holder?: Holder | undefined
  /** The holder has the lock of its own name. Another runner that gets this lock knows that the holder is gone. */
  readonly locked?: true | undefined
  /** The `traceparent` of the holder's run. A runner that takes over links to it. */
  readonly trace?: string | undefined
}

export type Holder = { readonly host: string; readonly pid: number; readonly startedAt?: string | undefined }

/** 2 x timeout, so that one attempt, with the body of its answer, always ends within the lease in which it began. */
export function leaseMs(timeoutMs: number): number {
  return 2 * timeoutMs
}

/** A holder renews its lease after a third of it, so two renewals may fail before another runner takes over. */
export function renewAfterMs(timeoutMs: number): number {
  return Math.floor(leaseMs(timeoutMs) / 3)
}

/** What this process can see of the end of another one. */
export type Signs = {
  /** Whether a process on the same host has ended. */
  readonly isDead: (holder: Holder) => boolean
  /** Whether the holder of this very lease has lost the lock of its own name. */
  readonly hasLostLock: (lease: Lease) => boolean
}

/**
 * Whether the holder is gone before its lease has run out. Either sign is enough: a takeover that comes too early costs
 * work but breaks no promise, because the store's compare-and-set decides who may send.
 */
export function isGone(lease: Lease, { isDead, hasLostLock }: Signs): boolean {
  return (lease.holder !== undefined && isDead(lease.holder)) || hasLostLock(lease)
}

/**
 * Whether the runner `self` may take the operation: there is no lease, or the lease is its own, has run out, or belongs
 * to a holder that is gone.
 */
export function isFree(
  lease: Lease | undefined,
  self: string,
  nowAt: number,
  isHolderGone: (lease: Lease) => boolean,
): boolean {
  return lease === undefined || lease.runner === self || nowAt >= lease.until || isHolderGone(lease)
}

/**
 * What a holder remembers of its own lease, on both clocks, because a wall clock jumps and a monotonic one may sleep.
 */
export type OwnLease = { readonly until: number; readonly monotonicUntil: number }

/** Whether the holder may still act. The lease has to be valid on both clocks. */
export function isHeld(lease: OwnLease | undefined, nowAt: number, monotonicMs: number): boolean {
  return lease !== undefined && nowAt < lease.until && monotonicMs < lease.monotonicUntil
}
