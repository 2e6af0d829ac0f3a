/** A text as a URL, or undefined. `URL.parse` is not used, because Safari before 18 and Firefox ESR 115 lack it. */
export function parsedUrl(text: string | URL, base?: string | URL): URL | undefined {
  try {
    return new URL(text, base)
  } catch {
    return undefined
  }
}
