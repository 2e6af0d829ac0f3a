import type { Counted, ReadBytes } from '../answer/bodies.ts'
import { keepAtHand } from '../answer/bodies.ts'
import type { HeaderLookup } from '../answer/header-table.ts'
import type { AskedRequest } from '../request/asked.ts'
import type { NodeRequest } from './node-request.ts'
import { headersOfNode, requestHead, targetOfNode } from './node-request.ts'

/** The bytes that stand for the body of a request; nothing if the request has no body. */
export type NodePayload = {
  readonly bytes?: Uint8Array<ArrayBuffer>
  readonly counted?: Counted
  /** Reads the body, if nobody has read it yet. */
  readonly read?: (limitBytes: number) => Promise<ReadBytes>
}

/** Fetch cannot represent requests with these methods: its constructor throws. */
const FORBIDDEN = new Set(['CONNECT', 'TRACE', 'TRACK'])

/** A Node request in the form that the server reads. A Request is made only for a callback that needs one. */
export function askedOfNode(
  source: NodeRequest,
  {
    headers = headersOfNode(source),
    bytes,
    counted,
    read,
  }: NodePayload & { readonly headers?: HeaderLookup },
): AskedRequest {
  const method = source.method ?? 'GET'
  let made: Request | undefined
  const request = () => (made ??= requestOf(source, bytes))
  if (FORBIDDEN.has(method)) request()
  return {
    method,
    target: () => targetOfNode(source, headers),
    headers,
    counted,
    isRead: () => made?.bodyUsed === true,
    read: limitBytes => {
      if (read !== undefined) return read(limitBytes)
      if (bytes === undefined) return { kind: 'whole', bytes: NOTHING }
      return bytes.byteLength <= limitBytes
        ? { kind: 'whole', bytes }
        : { kind: 'too-large', rest: new ReadableStream() }
    },
    request,
  }
}

const NOTHING = new Uint8Array()

function requestOf(source: NodeRequest, body: Uint8Array<ArrayBuffer> | undefined): Request {
  const { url, init } = requestHead(source)
  return body === undefined ? new Request(url, init) : keepAtHand(new Request(url, { ...init, body }), body)
}
