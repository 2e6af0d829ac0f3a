/* What the ledger says became of a request, in the words of the page. */

const FATES: Readonly<Record<number, string>> = {
  201: 'charged',
  202: 'accepted; the bank is at work',
  400: 'refused: no key',
  402: 'declined',
  422: 'refused: key reused',
  503: 'turned away: busy',
}

export function fateOfPaying({ status, headers }: Response): string {
  const isReplay = status === 201 && headers.has('idempotent-replayed')
  return isReplay ? 'charged before: same receipt' : (FATES[status] ?? `answered ${status}`)
}

export function fateOfAsking({ status }: Response, told: string): string {
  if (status === 503) return 'turned away: busy'
  if (status === 404) return 'asked: never seen'
  if (told.includes('"processing"')) return 'asked: still at work'
  return told.includes('"succeeded"') ? 'asked: charged' : 'asked: declined'
}
