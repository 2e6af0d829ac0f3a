/**
 * A multipart body without the boundary between its parts, which most clients make anew for each attempt: the same
 * parts are the same payload. Undefined where the type names no boundary, or the body has none. The boundary occurs
 * nowhere in the parts: RFC 2046 5.1.1.
 */
export function withoutBoundary(
  contentType: string | null,
  bytes: Uint8Array<ArrayBuffer>,
): Uint8Array<ArrayBuffer> | undefined {
  const boundary = boundaryOf(contentType)
  if (boundary === undefined) return undefined
  const text = decoder.decode(bytes)
  const parts = `\r\n${text}`.split(`\r\n--${boundary}`)
  return parts.length === 1 ? undefined : encoder.encode(JSON.stringify(parts))
}

export function boundaryOf(contentType: string | null): string | undefined {
  const [, quoted, bare] =
    /^\s*multipart\/.*;\s*boundary=(?:"([^"]+)"|([^\s;"]+))/i.exec(contentType ?? '') ?? []
  return quoted ?? bare
}

/** Another character for each byte. */
const decoder = new TextDecoder('latin1')
const encoder = new TextEncoder()
