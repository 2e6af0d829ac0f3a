/*
 * Counts looks at an operation whose server refuses it again and again, with a 4xx that is no proof: either an
 * earlier attempt may have executed, or the status proves nothing about the operation (401, 403, 409, 412). Sending
 * once more would bring the same answer.
 *
 * After this many refusals in a row the worker no longer sends the operation. The worker asks for the operation's
 * status, if possible, and the operation stays open until a call, `conclude` or `cancel` ends it. A caller that must
 * sign in, or lacks permission (401, 403, 407), may be let in later, so an operation that is refused for this reason
 * is still sent.
 */

/** The number of polls that a run makes on unexplained 409s, plus the 409 that ends the polling. */
const MOST_REFUSALS = 6

export type Refusals = {
  /** Refusals in a row. */
  readonly count: number
  /** The status of the last refusal. */
  readonly status: number | undefined
}

export const NEVER_REFUSED: Refusals = { count: 0, status: undefined }

/** A refusal of the caller proves nothing about the operation, so the two kinds are counted separately. */
export function refusedAgain(before: Refusals, status: number | undefined): Refusals {
  return { count: isOfCaller(before.status) === isOfCaller(status) ? before.count + 1 : 1, status }
}

/** Whether to report the refusal: once, when the count reaches the limit. */
export function isTold({ count }: Refusals): boolean {
  return count === MOST_REFUSALS
}

/** Whether the operation is no longer sent, unless a caller requests it. */
export function isRefusedForGood({ count, status }: Refusals): boolean {
  return count >= MOST_REFUSALS && !isOfCaller(status)
}

function isOfCaller(status: number | undefined): boolean {
  return status === 401 || status === 403 || status === 407
}
