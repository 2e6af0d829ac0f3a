/** What a run keeps while the runtime reports that it is offline. */
export type OfflineHint = {
  /** When the run tries all the same, monotonic ms. */
  readonly tryMs: number
  /** The pause before that try, ms. Each pause is twice the last one. */
  readonly pauseMs: number
}
