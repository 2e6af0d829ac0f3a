/** `run` begins the operation or goes on with it, `resume` only goes on with it, `ask` never sends. */
export type RunMode = 'run' | 'resume' | 'ask'

export type StopRequest = 'aborted' | 'closed' | 'forgotten' | 'sealed' | 'yielded'

/**
 * One look of a watch: it asks for the outcome once, without a pause. The watch decides when the next look comes
 * (core/watching).
 */
export type OneLook = {
  /** How many looks in a row before this one brought no evidence about the operation. */
  readonly failedBefore: number
  /**
   * How many looks in a row before this one the server refused without proof. A 409 without a sign is such a refusal.
   */
  readonly refusedBefore?: number | undefined
  /**
   * The watch will look again, and nobody gets the end of this look. If nothing was sent, that is no end of the
   * operation, and a request that is stored for sending stays.
   */
  readonly goesOn?: true | undefined
}
