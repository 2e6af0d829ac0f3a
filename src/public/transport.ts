/**
 * A transport carries one request through a user's http layer (base URL, credentials, hooks) to the fetch it is given,
 * the gate. A transport has no rules of its own: it never retries, never times out and never judges a response.
 */
export interface Transport {
  /** The URL that the http layer would request. Throws if `url` cannot be resolved to a URL. */
  resolveUrl(url: string | URL): URL
  /**
   * Sends one request through the http layer, with `gate` as its innermost fetch. What this promise resolves or rejects
   * with is not evidence: only what the gate saw is.
   */
  send(request: TransportRequest, gate: Fetch): Promise<unknown>
  /**
   * Set if the http layer adds a query to every URL. The query may hold a credential, so requests are then not stored.
   */
  readonly addsQuery?: boolean | undefined
  /**
   * Set if the http layer never looks at responses, so that none has to be made for it. Default: it gets a copy of the
   * response that the gate read.
   */
  readonly ignoresAnswers?: boolean | undefined
  /** Parses the JSON text of a response for the user's code; may throw. Default: JSON.parse. */
  readonly parseJson?: ((text: string) => unknown) | undefined
  /** The fetch behind the gate: the http layer's own, else the platform's at the time of the call. */
  innermostFetch(): Fetch
}

export type Fetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>

export type TransportRequest = {
  readonly method: string
  readonly url: URL
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array<ArrayBuffer> | undefined
}
