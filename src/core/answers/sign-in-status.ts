/* Kept apart from what other statuses mean: a page needs this for its first error, and the rest only with an answer. */

/** Nobody is logged in, or nobody any more. A proxy asks for the same with 407. */
export function wantsSignIn(status: number): boolean {
  return status === 401 || status === 407
}
