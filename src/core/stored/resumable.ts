import type { OpenRecord, StoredRequest, Target } from '../record/operation-record.ts'
import { outcomeOf } from '../record/outcome.ts'

/*
 * What a `resume` may send without a new call: the stored request as it is, or the caller's own, where that is what the
 * operation was begun with. A stored record is data from outside, so that its request is compared with what the record says
 * of the operation, and with where the http layer of this client sends. What may not be sent is only asked about.
 */

/** How old an operation may be that is sent without a new call. */
export type Validity = { readonly nowAt: number; readonly validForMs: number }

/** A clock that went back makes nothing younger. */
function isValidStill(record: OpenRecord, { nowAt, validForMs }: Validity): boolean {
  return Math.max(nowAt, record.highestSeenAt) - record.createdAt <= validForMs
}

/** The request that a record keeps, if it is young enough to be sent again or was enqueued, or why it is not sent. */
export function requestToResend(record: OpenRecord, validity: Validity): StoredRequest | string {
  if (record.request === undefined) return 'the request is not stored'
  const isYoung = record.request.isQueued === true || isValidStill(record, validity)
  return isYoung ? record.request : 'the request is older than `validFor`'
}

/** What a stored request is made of, with the hashes of what lies there. */
export type StoredParts = {
  /** Undefined where the text is no URL. */
  readonly url: URL | undefined
  readonly queryHash: string
  /** Of the http layer's base URL. */
  readonly ownOrigin: string | undefined
  /** Undefined without a body, null where it cannot be read. */
  readonly body: Uint8Array<ArrayBuffer> | undefined | null
  readonly bodyHash: string
}

/** The URL and the body to send, if they are those that the operation was begun with, or why they are not sent. */
export function ownParts(
  { target, bodyHash }: Pick<OpenRecord, 'target' | 'bodyHash'>,
  stored: StoredParts,
): { readonly url: URL; readonly body: Uint8Array<ArrayBuffer> | undefined } | string {
  const { url, body } = stored
  if (url === undefined || !isOwnUrl(url, stored.queryHash, target))
    return 'the stored URL is not that of the operation'
  if (url.origin !== stored.ownOrigin) return 'the stored URL is not on the origin of the http layer'
  if (body === null) return 'the stored body cannot be read'
  if (stored.bodyHash !== bodyHash) return 'the stored body is not the one that the operation was begun with'
  return { url, body }
}

function isOwnUrl(url: URL, queryHash: string, target: Target): boolean {
  if (url.username !== '' || url.password !== '') return false
  return url.origin === target.origin && url.pathname === target.path && queryHash === target.queryHash
}

/**
 * Whether a caller's own request may take the place of one that is not stored. Where the outcome is "not executed" a caller
 * may have been given that, and only a new call begins again.
 */
export function mayResumeWithOwn(record: OpenRecord, validity: Validity): boolean {
  return outcomeOf(record) === 'unknown' && isValidStill(record, validity)
}

/** Whether there is nothing to do about an open operation: nothing may be sent, and there is nothing to ask about what never was. */
export function hasNothingToDo(record: OpenRecord, maySend: boolean): boolean {
  return !maySend && outcomeOf(record) === 'not-executed'
}
