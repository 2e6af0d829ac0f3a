/** Why a run stopped. `outcome` says what became of the operation, and no code decides that alone. */
export type ErrorCode =
  /** The server refused; `response` holds its answer. */
  | 'rejected'
  /** A 409 or 412 that does not mean "still processing". */
  | 'conflict'
  /** Another payload under the same operation, found here or by the server. */
  | 'payload-mismatch'
  /** Attempts, deadline or budget are used up. */
  | 'unresolved'
  /** The server is at work and `poll.deadline` has passed. */
  | 'still-processing'
  /** The server may have forgotten the key, so nothing is sent with that key any more. */
  | 'key-expired'
  /** Executed earlier; the result is no longer kept. */
  | 'already-executed'
  /** Executed, but the body could not be read, parsed or validated. */
  | 'response-invalid'
  /** The store could not read or write. */
  | 'store-failed'
  /** A record cannot be understood: nothing was sent or overwritten. */
  | 'store-corrupt'
  /** Another user is logged in now; the record is kept. */
  | 'scope-changed'
  /** Cancelled: the server refuses the key from now on. */
  | 'sealed'
  /** Dropped by `forget` while the run was at work. */
  | 'forgotten'
  /** The caller aborted. */
  | 'aborted'
  /** A mistake in options or definition, named by its path. */
  | 'configuration'
