/** What a probe gets of a worker. Counts are since it began; times are epoch ms. */
export type WorkerHealth = {
  /**
   * False once the store has failed, or nothing has gone on, for `unhealthyAfter` (and the `timeout` of what is under way); and
   * once the worker has stopped. A server that is down makes no worker unhealthy: a new one would find the same.
   */
  readonly isHealthy: boolean
  readonly state: 'running' | 'stopping' | 'stopped'
  /** When the store was last looked at, and gave what it was asked for. */
  readonly lookedAt: number | undefined
  /** Looks at the store that failed, in a row. */
  readonly storeFailures: number
  /** Open operations that were seen in the last whole round over all scopes; undefined before the end of the first. */
  readonly open: number | undefined
  /** Of these, what nothing is done about: never sent, as their callers know, or what is stored is older than `validFor`. */
  readonly left: number | undefined
  /**
   * Of these, what its server refused when it was last asked or sent, without proof that nothing was executed. What it refuses
   * again and again is not sent any more (but after a 401, 403 or 407), and waits for somebody; a `settled` event has said why.
   */
  readonly refused: number | undefined
  /** Of these, what cannot be taken up: no definition of that name, or a record that cannot be understood. */
  readonly unknown: number | undefined
  /** When the oldest of them was begun; undefined where there is none. */
  readonly oldestAt: number | undefined
  /** Operations that are taken up at this moment. */
  readonly underWay: number
  /** How often an operation was taken up; one that stays open is taken up again. */
  readonly takenUp: number
  /** How these ended; `unknown` is open still. */
  readonly ended: { readonly executed: number; readonly 'not-executed': number; readonly unknown: number }
  /** Servers that have not answered several operations in a row: one operation at a time tries them. */
  readonly serversDown: number
}

/** What the worker knows of the time since things went well, monotonic ms. */
export type Vitals = {
  readonly state: WorkerHealth['state']
  /** When it began. */
  readonly begunMs: number
  /** When the store last gave what it was asked for. */
  readonly lookedMs: number | undefined
  /** When anything last went on: a look at the store, an operation that was taken up or let go. */
  readonly wentOnMs: number
  /** How long what is under way may wait for a server: all places may be taken by one that does not answer. */
  readonly mayTakeMs: number
  readonly unhealthyAfterMs: number
}

export function isHealthy(
  { state, begunMs, lookedMs, wentOnMs, mayTakeMs, unhealthyAfterMs }: Vitals,
  { storeFailures }: Pick<WorkerHealth, 'storeFailures'>,
  nowMs: number,
): boolean {
  if (state === 'stopped') return false
  if (nowMs - wentOnMs > mayTakeMs + unhealthyAfterMs) return false
  return storeFailures === 0 || nowMs - (lookedMs ?? begunMs) <= unhealthyAfterMs
}
