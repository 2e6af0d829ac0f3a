/**
 * A multipart body without the boundary between its parts. Most clients make a new boundary for each attempt, but the
 * same parts are the same payload. Undefined if the content type names no boundary, or the body does not contain it.
 * The boundary never occurs inside a part: RFC 2046 5.1.1.
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

/** Maps each byte to a different character. */
const decoder = new TextDecoder('latin1')
const encoder = new TextEncoder()
