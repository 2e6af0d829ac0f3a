/** A worker's health, for a probe. Counts are since the worker began; times are epoch ms. */
export type WorkerHealth = {
  /**
   * False if the store has failed, or nothing has progressed, for `unhealthyAfter` (plus the `timeout` of running
   * operations), and false once the worker has stopped. A server that is down does not make a worker unhealthy: a new
   * worker would find the same.
   */
  readonly isHealthy: boolean
  readonly state: 'running' | 'stopping' | 'stopped'
  /** When the store last answered a look. */
  readonly lookedAt: number | undefined
  /** Failed looks at the store, in a row. */
  readonly storeFailures: number
  /** Open operations in the last complete round over all scopes; undefined before the first round ends. */
  readonly open: number | undefined
  /** Of these, operations left alone: never sent, as their callers know, or stored for longer than `validFor`. */
  readonly left: number | undefined
  /**
   * Of these, operations that their server refused at the last request, without proof that nothing was executed. An
   * operation that is refused again and again is no longer sent (except after a 401, 403 or 407) and waits for
   * somebody; a `settled` event has reported why.
   */
  readonly refused: number | undefined
  /**
   * Of these, operations that cannot be taken up: no definition with that name, or a record that cannot be
   * understood.
   */
  readonly unknown: number | undefined
  /** When the oldest of them was begun; undefined if there is none. */
  readonly oldestAt: number | undefined
  /** Operations that are taken up right now. */
  readonly underWay: number
  /** How often an operation was taken up. An operation that stays open is taken up again. */
  readonly takenUp: number
  /** How these ended; operations counted as `unknown` were still open then. */
  readonly ended: { readonly executed: number; readonly 'not-executed': number; readonly unknown: number }
  /** Servers that have not answered several operations in a row. One operation at a time tries each of them. */
  readonly serversDown: number
}

/** Times from which health is judged, monotonic ms. */
export type Vitals = {
  readonly state: WorkerHealth['state']
  /** When the worker began. */
  readonly begunMs: number
  /** When the store last answered a look. */
  readonly lookedMs: number | undefined
  /** When anything last progressed: a look at the store, or an operation taken up or let go. */
  readonly wentOnMs: number
  /** How long running operations may wait for a server, because one silent server may occupy all places. */
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
