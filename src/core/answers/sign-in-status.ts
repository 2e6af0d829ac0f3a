/* Apart from what other statuses say: a page needs this for its first error, and the rest only with an answer. */

/** Nobody is logged in, or nobody any more; a proxy (407) asks the same. */
export function wantsSignIn(status: number): boolean {
  return status === 401 || status === 407
}
