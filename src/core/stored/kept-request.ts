import type { OperationRecord } from '../record/operation-record.ts'
import { isOpen } from '../record/operation-record.ts'

/*
 * Which parts of a request are kept with its record (`persist: 'request'`), so that a later process can send it. The
 * kept request must be whole, but never holds a credential: the headers that the definition lists are kept, and the
 * type of the body. Every other header of a call has to be named among those that may be missing. A header that carries
 * the key may not be missing.
 */

type Headers = Readonly<Record<string, string>>

export type HeaderLists = { readonly keepHeaders: readonly string[]; readonly dropHeaders: readonly string[] }

const TYPE = 'content-type'

/**
 * The longest body that is kept, bytes. A record is read, checked and written as one text, so a longer body belongs
 * elsewhere.
 */
export const LONGEST_KEPT_BODY = 8 * 1024 * 1024

export function requestHeadersToKeep(
  given: Headers,
  contentType: string | undefined,
  keepHeaders: readonly string[],
): Headers {
  const type = given[TYPE] ?? contentType
  return listedHeaders(type === undefined ? given : { ...given, [TYPE]: type }, [TYPE, ...keepHeaders])
}

/** Takes only the headers that the definition keeps, because a record is data from outside. */
export function listedHeaders(headers: Headers, names: readonly string[]): Headers {
  const listed: Record<string, string> = Object.create(null)
  for (const name of names) if (headers[name] !== undefined) listed[name] = headers[name]
  return listed
}

/** A header of the call that neither list names. Without this header another request would be sent. */
export function headerUnlisted(
  ofCall: Headers,
  { keepHeaders, dropHeaders }: HeaderLists,
): string | undefined {
  const known = new Set([TYPE, ...keepHeaders, ...dropHeaders])
  return Object.keys(ofCall).find(name => !known.has(name))
}

/**
 * A header that carries the key and would be left out, although nothing but the request carries the key. What is sent
 * later would then be a second operation (P8). The headers of the call have another text in the key's place.
 */
export function keyHeaderLeftOut(
  ofCall: Headers,
  withKey: Headers,
  keepHeaders: readonly string[],
): string | undefined {
  const kept = new Set([TYPE, ...keepHeaders])
  return Object.keys(withKey).find(name => withKey[name] !== ofCall[name] && !kept.has(name))
}

/**
 * Whether a record takes the request of the call that goes on with it. The bytes have to be the same, and the record
 * has to have no request (any more) or never to have been sent.
 */
export function takesRequest(record: OperationRecord, { bodyHash }: { readonly bodyHash: string }): boolean {
  if (!isOpen(record) || record.bodyHash !== bodyHash) return false
  return record.request === undefined || record.sent === 0
}
