/**
 * How far an ask may reach: status and cancel requests to the operation's own origin only; a poll also to
 * an origin that the profile trusts; a poll URL out of a stored record, which is data from outside, gets
 * credentials only where the http layer would send them itself.
 */
export type Reach = 'own-origin' | 'trusted-origins' | 'no-credentials'

/** What an ask goes by. */
export type AskPlace = {
  readonly at: 'poll-url' | 'status' | 'result'
  /** The poll URL came with an answer to this very run. */
  readonly isNamedToThisRun: boolean
  /** Origin of the request at hand, or that of the http layer's base URL. */
  readonly ownOrigin: string | undefined
  /** Origin of the record. */
  readonly storedOrigin: string | undefined
}

export function reachOf({ at, isNamedToThisRun, ownOrigin, storedOrigin }: AskPlace): Reach {
  if (at === 'status') return 'own-origin'
  if (at === 'result' || isNamedToThisRun) return 'trusted-origins'
  return ownOrigin === storedOrigin ? 'trusted-origins' : 'no-credentials'
}

/** The operation's own origin; one that was only concluded from outside has that of the request or of the http layer. */
export function homeOrigin({
  ownOrigin,
  storedOrigin,
}: Pick<AskPlace, 'ownOrigin' | 'storedOrigin'>): string {
  return storedOrigin === undefined || storedOrigin === '' ? (ownOrigin ?? '') : storedOrigin
}
