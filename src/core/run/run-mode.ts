/** `run` begins the operation or goes on with it, `resume` only goes on with it, `ask` never sends. */
export type RunMode = 'run' | 'resume' | 'ask'

export type StopRequest = 'aborted' | 'closed' | 'forgotten' | 'sealed' | 'yielded'

/** One look of a watch: at most one request, at once; when the next one comes is for the watch to say (core/watching). */
export type OneLook = {
  /** Looks before this one, in a row, whose answer said nothing of the operation. */
  readonly failedBefore: number
  /** Looks before this one, in a row, which the server refused without proof; a 409 without a sign is one. */
  readonly refusedBefore?: number | undefined
  /**
   * Whoever looks will look again, and nobody gets the end of this one: where nothing was sent, that is no end of the operation, and
   * what is stored to be sent stays.
   */
  readonly goesOn?: true | undefined
}
