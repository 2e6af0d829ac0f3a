import { jsonOfTexts } from '../names/long-json.ts'
import type { OperationRecord } from './operation-record.ts'

/*
 * P5, one id means one payload. What a payload means is its method, its whole URL, and what must not change of its body: the
 * canonical JSON, the definition's own `fingerprint`, or the bytes. The hash of that is the fingerprint; headers are no part
 * of it. Payloads of one fingerprint may still differ in their bytes, which only some servers compare.
 */

/** What must not change of a body: of which kind it is, and its text, which may be in parts. */
export type Meant = readonly [kind: string, text: string | readonly string[]]

/** The text whose hash is the fingerprint. */
export function meaningOf(
  { method, url }: { readonly method: string; readonly url: Pick<URL, 'origin' | 'pathname' | 'search'> },
  meant: Meant,
  account?: string,
): Iterable<string> {
  const parts = [method, url.origin, url.pathname, url.search, ...meant]
  return jsonOfTexts(account === undefined ? parts : [...parts, account])
}

/** A record that was only concluded from outside knows no payload; who has no request only asks. */
export function isOfAnotherPayload(
  record: Pick<OperationRecord, 'fingerprint'>,
  fingerprint: string | undefined,
): boolean {
  return fingerprint !== undefined && record.fingerprint !== '' && record.fingerprint !== fingerprint
}

/** Whether a payload is known to be the record's, for who sends it in the place of one that is not stored. */
export function isOfThisPayload(record: Pick<OperationRecord, 'fingerprint'>, fingerprint: string): boolean {
  return record.fingerprint === fingerprint
}

/** The same among callers: one may have a run's result only if it means the same. A run that only asks has none. */
export function isOfAnotherCaller(ofRun: string | undefined, own: string): boolean {
  return ofRun !== undefined && ofRun !== own
}

/**
 * The bytes that would go under a key that was used before: the same; others, which a server that compares meanings takes
 * for the same; or others that would be refused by a server that compares bytes, so that they are not sent.
 */
export function compareBytes(
  begunWith: string,
  now: string,
  comparesBytes: boolean,
): 'same' | 'changed' | 'refused' {
  if (begunWith === now) return 'same'
  return comparesBytes ? 'refused' : 'changed'
}

/** What two requests of one call are compared by, where the call makes its request anew for each key. */
export type MadeRequest = {
  readonly method: string
  readonly url: Pick<URL, 'origin'>
  readonly headers: Readonly<Record<string, string>>
  /** Of the whole request, whatever the definition's own `fingerprint` leaves out. */
  readonly fingerprint: string
}

/** Whether a request is made again as it was made at the call, with the same text in the key's place. */
export function isMadeAgain(atCall: MadeRequest, now: MadeRequest): boolean {
  return madeText(atCall) === madeText(now)
}

/**
 * What is wrong with a request that is made with its key: `keyless` where nothing else carries the key and it is the same
 * with any text in the key's place, `elsewhere` where it goes to another method or origin than was compared.
 */
export function keyedFault(
  atCall: MadeRequest,
  keyed: MadeRequest,
  carriesKeyAlone: boolean,
): 'keyless' | 'elsewhere' | undefined {
  if (carriesKeyAlone && isMadeAgain(atCall, keyed)) return 'keyless'
  return keyed.method === atCall.method && keyed.url.origin === atCall.url.origin ? undefined : 'elsewhere'
}

function madeText({ fingerprint, headers }: MadeRequest): string {
  return JSON.stringify([fingerprint, headers])
}
