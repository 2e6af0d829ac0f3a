/* Kept apart from what other statuses mean: a page needs this for its first error, and the rest only with an answer. */

/** Whether a status means that nobody is logged in, or nobody any more. A proxy asks for the same with 407. */
export function wantsSignIn(status: number): boolean {
  return status === 401 || status === 407
}
