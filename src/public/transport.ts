/**
 * A transport carries one request through a user's http layer (base URL, credentials, hooks) to the fetch it
 * is handed, which is the gate. It holds no rules: it never retries, never times out, never judges.
 */
export interface Transport {
  /** The URL that the http layer would request; throws where it is none. */
  resolveUrl(url: string | URL): URL
  /**
   * Sends one request through the http layer; `gate` is its innermost fetch. What this resolves or rejects
   * with is not evidence: only what the gate saw is.
   */
  send(request: TransportRequest, gate: Fetch): Promise<unknown>
  /** The http layer adds a query to every URL, which may hold a credential: then no request is stored. */
  readonly addsQuery?: boolean
  /** The http layer looks at no answer, so none has to be made for it. Default: it gets a copy of what the gate read. */
  readonly ignoresAnswers?: boolean
  /** Reads the JSON text of an answer for the user's eyes; may throw. Default: JSON.parse. */
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
