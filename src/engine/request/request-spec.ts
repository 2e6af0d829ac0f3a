/** How to perform an operation: the value that `request` of a definition returns. */
export type RequestSpec = {
  readonly method: string
  /** Relative to the http layer's base URL, or absolute. */
  readonly url: string | URL
  readonly json?: unknown
  /** Anything that can be sent more than once, so no stream. */
  readonly body?: string | URLSearchParams | ArrayBuffer | ArrayBufferView | Blob | FormData | undefined
  /** By name, as `Headers`, or any other iterable of pairs of name and value. */
  readonly headers?: Readonly<Record<string, string>> | Iterable<readonly [string, string]> | undefined
}
