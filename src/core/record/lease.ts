/**
 * A lease says which runner holds an operation, and until when. It only saves work: what fences a runner
 * that has lost it is the store's compare-and-set at the gate.
 */
export type Lease = {
  readonly runner: string
  /** Wall time of the holder, epoch ms. */
  readonly until: number
  /** By which others on the same host see whether the holder's process still lives. */
  readonly holder?: Holder | undefined
  /** The holder has the lock of its own name: who gets that lock knows that it is gone. */
  readonly locked?: true | undefined
  /** The `traceparent` of the holder's run: whoever takes over links to it. */
  readonly trace?: string | undefined
}

export type Holder = { readonly host: string; readonly pid: number; readonly startedAt?: string | undefined }

/** 2 x timeout: one attempt, its answer's body included, always ends within the lease that it began in. */
export function leaseMs(timeoutMs: number): number {
  return 2 * timeoutMs
}

/** A holder renews when a third has passed, so that two renewals may fail before anyone takes over. */
export function renewAfterMs(timeoutMs: number): number {
  return Math.floor(leaseMs(timeoutMs) / 3)
}

/** What this process can see of another's end. */
export type Signs = {
  /** Whether a process of the same host has ended. */
  readonly isDead: (holder: Holder) => boolean
  /** Whether this very lease's holder had lost the lock of its own name. */
  readonly hasLostLock: (lease: Lease) => boolean
}

/**
 * Whether the holder is gone before its lease has run out. Either sign is enough: an operation that is taken over too early
 * costs work and no promise, because the store's compare-and-set decides who may send.
 */
export function isGone(lease: Lease, { isDead, hasLostLock }: Signs): boolean {
  return (lease.holder !== undefined && isDead(lease.holder)) || hasLostLock(lease)
}

/** Whether somebody else may take the operation: no lease, one's own, an old one, or one whose holder is gone. */
export function isFree(
  lease: Lease | undefined,
  self: string,
  nowAt: number,
  isHolderGone: (lease: Lease) => boolean,
): boolean {
  return lease === undefined || lease.runner === self || nowAt >= lease.until || isHolderGone(lease)
}

/** What a holder remembers of its own lease: both clocks, because a wall clock jumps and a monotonic one may sleep. */
export type OwnLease = { readonly until: number; readonly monotonicUntil: number }

/** Whether the holder may still act: on both clocks. */
export function isHeld(lease: OwnLease | undefined, nowAt: number, monotonicMs: number): boolean {
  return lease !== undefined && nowAt < lease.until && monotonicMs < lease.monotonicUntil
}
