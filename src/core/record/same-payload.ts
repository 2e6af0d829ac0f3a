import { jsonOfTexts } from '../names/long-json.ts'
import type { OperationRecord } from './operation-record.ts'

/*
 * P5, one id means one payload. The meaning of a payload is its method, its whole URL, and what must not change of its
 * body: the canonical JSON, the definition's own `fingerprint`, or the bytes. The fingerprint is the hash of that;
 * headers are no part of it. Payloads with the same fingerprint may still differ in their bytes, which only some
 * servers compare.
 */

/** What must not change of a body: its kind, and its text, which may be in parts. */
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

/**
 * Whether a payload is another one than the record's. A record that was only concluded from outside knows no payload,
 * and a caller without a request only asks.
 */
export function isOfAnotherPayload(
  record: Pick<OperationRecord, 'fingerprint'>,
  fingerprint: string | undefined,
): boolean {
  return fingerprint !== undefined && record.fingerprint !== '' && record.fingerprint !== fingerprint
}

/** Whether a payload is known to be the record's, for a caller that sends it because the record keeps no request. */
export function isOfThisPayload(record: Pick<OperationRecord, 'fingerprint'>, fingerprint: string): boolean {
  return record.fingerprint === fingerprint
}

/**
 * Whether a caller's payload is another one than that of a live run, whose result the caller may then not have. A run
 * that only asks has no payload.
 */
export function isOfAnotherCaller(ofRun: string | undefined, own: string): boolean {
  return ofRun !== undefined && ofRun !== own
}

/**
 * How the bytes compare that would go under a used key: the same; other bytes, which a server that compares meanings
 * takes for the same; or other bytes that a server that compares bytes would refuse, so they are not sent.
 */
export function compareBytes(
  begunWith: string,
  now: string,
  comparesBytes: boolean,
): 'same' | 'changed' | 'refused' {
  if (begunWith === now) return 'same'
  return comparesBytes ? 'refused' : 'changed'
}

/** What is compared of two requests of one call, if the call makes its request anew for each key. */
export type MadeRequest = {
  readonly method: string
  readonly url: Pick<URL, 'origin'>
  readonly headers: Readonly<Record<string, string>>
  /** The hash of the whole request, whatever the definition's own `fingerprint` leaves out. */
  readonly fingerprint: string
}

/** Whether a request is made again as it was made at the call, with the same text in the key's place. */
export function isMadeAgain(atCall: MadeRequest, now: MadeRequest): boolean {
  return madeText(atCall) === madeText(now)
}

/**
 * What is wrong with a request that is made with its key. `keyless`: nothing else carries the key, and the request is
 * the same with any text in the key's place. `elsewhere`: the request goes to another method or origin than the one
 * that was compared.
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
