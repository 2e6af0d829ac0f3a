/** How to perform an operation: what `request` of a definition gives. */
export type RequestSpec = {
  readonly method: string
  /** Relative to the http layer's base URL, or absolute. */
  readonly url: string | URL
  readonly json?: unknown
  /** Anything that can be sent again: no stream. */
  readonly body?: string | URLSearchParams | ArrayBuffer | ArrayBufferView | Blob | FormData | undefined
  /** By name; or `Headers`, or what else gives pairs of name and value. */
  readonly headers?: Readonly<Record<string, string>> | Iterable<readonly [string, string]> | undefined
}
