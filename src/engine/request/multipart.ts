/**
 * Encodes FormData as bytes that are the same at every attempt and in every process. The platform picks a new random
 * boundary each time, so a server that compares bytes would take the second attempt for another payload. Source: RFC
 * 7578, with the escapes of WHATWG HTML (multipart/form-data encoding algorithm).
 */
export async function multipartBytes(form: FormData, boundary: string): Promise<Uint8Array<ArrayBuffer>> {
  const parts: BlobPart[] = []
  for (const [name, value] of form) {
    const head = `--${boundary}\r\nContent-Disposition: form-data; name="${escaped(normalized(name))}"`
    if (typeof value === 'string') {
      parts.push(`${head}\r\n\r\n${normalized(value)}\r\n`)
    } else {
      const type = value.type === '' ? 'application/octet-stream' : value.type
      parts.push(`${head}; filename="${escaped(value.name)}"\r\nContent-Type: ${type}\r\n\r\n`, value, '\r\n')
    }
  }
  parts.push(`--${boundary}--\r\n`)
  return new Uint8Array(await new Blob(parts).arrayBuffer())
}

function escaped(text: string): string {
  return text.replaceAll('\n', '%0A').replaceAll('\r', '%0D').replaceAll('"', '%22')
}

function normalized(text: string): string {
  return text.replaceAll(/\r\n|\r|\n/g, '\r\n')
}
