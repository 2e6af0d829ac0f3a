import type { OpenRecord, StoredRequest, Target } from '../record/operation-record.ts'
import { outcomeOf } from '../record/outcome.ts'

/*
 * What a `resume` may send without a new call: the stored request as it is, or the caller's own request, if the
 * operation was begun with that. A stored record is data from outside, so its request is compared with what the record
 * holds of the operation, and with the origin of this client's http layer. If nothing may be sent, the server is only
 * asked.
 */

/** How old an operation may be that is sent without a new call. */
export type Validity = { readonly nowAt: number; readonly validForMs: number }

/** Whether an operation is young enough. A clock that went back makes nothing younger. */
function isValidStill(record: OpenRecord, { nowAt, validForMs }: Validity): boolean {
  return Math.max(nowAt, record.highestSeenAt) - record.createdAt <= validForMs
}

/**
 * The request that a record keeps, if it is young enough to be sent again or was enqueued; otherwise why it is not
 * sent.
 */
export function requestToResend(record: OpenRecord, validity: Validity): StoredRequest | string {
  if (record.request === undefined) return 'the request is not stored'
  const isYoung = record.request.isQueued === true || isValidStill(record, validity)
  return isYoung ? record.request : 'the request is older than `validFor`'
}

/** The parts of a stored request, with the hashes of what is stored. */
export type StoredParts = {
  /** Undefined if the text is not a URL. */
  readonly url: URL | undefined
  readonly queryHash: string
  /** The origin of the http layer's base URL. */
  readonly ownOrigin: string | undefined
  /** Undefined without a body, null if the body cannot be read. */
  readonly body: Uint8Array<ArrayBuffer> | undefined | null
  readonly bodyHash: string
}

/** The URL and the body to send, if the operation was begun with them; otherwise why they are not sent. */
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
 * Whether a caller's own request may take the place of one that is not stored. If the outcome is "not executed", a
 * caller may have been given that outcome, and only a new call may begin again.
 */
export function mayResumeWithOwn(record: OpenRecord, validity: Validity): boolean {
  return outcomeOf(record) === 'unknown' && isValidStill(record, validity)
}

/**
 * Whether nothing can be done about an open operation: nothing may be sent, and there is nothing to ask about what was
 * never sent.
 */
export function hasNothingToDo(record: OpenRecord, maySend: boolean): boolean {
  return !maySend && outcomeOf(record) === 'not-executed'
}
