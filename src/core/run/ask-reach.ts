/**
 * How far an ask may reach. Status and cancel requests go to the operation's own origin only. A poll may also go to an
 * origin that the profile trusts. A poll URL from a stored record is data from outside, so it gets credentials only
 * where the http layer would send them itself.
 */
export type Reach = 'own-origin' | 'trusted-origins' | 'no-credentials'

/** What decides how far an ask may reach. */
export type AskPlace = {
  readonly at: 'poll-url' | 'status' | 'result'
  /** The poll URL came with an answer to this very run. */
  readonly isNamedToThisRun: boolean
  /** The origin of the run's request, or that of the http layer's base URL. */
  readonly ownOrigin: string | undefined
  /** The origin in the record. */
  readonly storedOrigin: string | undefined
}

export function reachOf({ at, isNamedToThisRun, ownOrigin, storedOrigin }: AskPlace): Reach {
  if (at === 'status') return 'own-origin'
  if (at === 'result' || isNamedToThisRun) return 'trusted-origins'
  return ownOrigin === storedOrigin ? 'trusted-origins' : 'no-credentials'
}

/**
 * The operation's own origin. An operation that was only concluded from outside has that of the request or of the http
 * layer.
 */
export function homeOrigin({
  ownOrigin,
  storedOrigin,
}: Pick<AskPlace, 'ownOrigin' | 'storedOrigin'>): string {
  return storedOrigin === undefined || storedOrigin === '' ? (ownOrigin ?? '') : storedOrigin
}
