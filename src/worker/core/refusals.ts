/*
 * Looks at one operation that its server refuses, and refuses again: a 4xx that is no proof, because an attempt before it may
 * have executed, or because it says nothing of the operation (401, 403, 409, 412). Sending once more brings the same.
 *
 * After so many in a row the operation is not sent by itself any more: it is asked about, where that can be, and stays open
 * until a call, `conclude` or `cancel` ends it. Whoever is asked to sign in, or may not (401, 403, 407), may be let in
 * tomorrow: what is refused so is sent on.
 */

/** As many as the polls that a run makes where 409s say nothing, and the one by which that is known. */
const MOST_REFUSALS = 6

export type Refusals = {
  /** In a row. */
  readonly count: number
  /** Of the last one. */
  readonly status: number | undefined
}

export const NEVER_REFUSED: Refusals = { count: 0, status: undefined }

/** What is said of the caller says nothing of the operation: neither kind counts for the other. */
export function refusedAgain(before: Refusals, status: number | undefined): Refusals {
  return { count: isOfCaller(before.status) === isOfCaller(status) ? before.count + 1 : 1, status }
}

/** Reported once, with the refusal that makes the number full. */
export function isTold({ count }: Refusals): boolean {
  return count === MOST_REFUSALS
}

/** Whether nothing more is sent for it, unless somebody asks for that. */
export function isRefusedForGood({ count, status }: Refusals): boolean {
  return count >= MOST_REFUSALS && !isOfCaller(status)
}

function isOfCaller(status: number | undefined): boolean {
  return status === 401 || status === 403 || status === 407
}
