import type { OperationRecord } from '../record/operation-record.ts'
import { isOpen } from '../record/operation-record.ts'

/*
 * What of a request is kept with its record (`persist: 'request'`), so that a later process can send it. It must be the whole
 * request, and never has a credential: of the headers those that the definition lists, beside the type of the body. Whatever
 * else a call gives has to be named among those that may be missing; what carries the key may not be.
 */

type Headers = Readonly<Record<string, string>>

export type HeaderLists = { readonly keepHeaders: readonly string[]; readonly dropHeaders: readonly string[] }

const TYPE = 'content-type'

/** A record is read, checked and written as one text: a longer body belongs elsewhere, bytes. */
export const LONGEST_KEPT_BODY = 8 * 1024 * 1024

export function requestHeadersToKeep(
  given: Headers,
  contentType: string | undefined,
  keepHeaders: readonly string[],
): Headers {
  const type = given[TYPE] ?? contentType
  return listedHeaders(type === undefined ? given : { ...given, [TYPE]: type }, [TYPE, ...keepHeaders])
}

/** Out of a record, which is data from outside, only those are taken that the definition keeps. */
export function listedHeaders(headers: Headers, names: readonly string[]): Headers {
  const listed: Record<string, string> = Object.create(null)
  for (const name of names) if (headers[name] !== undefined) listed[name] = headers[name]
  return listed
}

/** A header of the call that neither list names: without it another request would be sent. */
export function headerUnlisted(
  ofCall: Headers,
  { keepHeaders, dropHeaders }: HeaderLists,
): string | undefined {
  const known = new Set([TYPE, ...keepHeaders, ...dropHeaders])
  return Object.keys(ofCall).find(name => !known.has(name))
}

/**
 * A header that carries the key and would be left out, where nothing but the request carries it: what is sent later would be
 * a second operation (P8). Those of the call have another text in the key's place.
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
 * Whether a record takes the request of the call that goes on with it: where it has none, having given it up or never had it,
 * or was never sent, and only these very bytes.
 */
export function takesRequest(record: OperationRecord, { bodyHash }: { readonly bodyHash: string }): boolean {
  if (!isOpen(record) || record.bodyHash !== bodyHash) return false
  return record.request === undefined || record.sent === 0
}
