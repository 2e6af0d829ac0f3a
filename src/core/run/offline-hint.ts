/** What a run keeps of a runtime's word that it is offline, while the word stands. */
export type OfflineHint = {
  /** When a try is made all the same, monotonic ms. */
  readonly tryMs: number
  /** The pause before that try, ms: each is twice the last. */
  readonly pauseMs: number
}
