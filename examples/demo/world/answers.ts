import type { ServerResponse } from 'node:http'
import type { KnownKey } from './ledger.ts'

/** How payments answers: with JSON, or with problem details (RFC 9457). */
export function give(
  response: ServerResponse,
  status: number,
  body: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const type = status < 400 ? 'application/json' : 'application/problem+json'
  response.writeHead(status, { ...headers, 'content-type': type, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

export const PROCESSING = JSON.stringify({ status: 'processing' })

export function problem(title: string, status: number): string {
  return JSON.stringify({ type: `https://payments.example/problems/${title}`, title, status })
}

/** What became of a payment: for whoever asks. */
export function giveStatus(response: ServerResponse, known: KnownKey | undefined): void {
  if (known === undefined) return give(response, 404, problem('not-found', 404))
  if (known.body === null) return give(response, 200, PROCESSING)
  const said: unknown = JSON.parse(known.body)
  const status =
    known.status === 402 ? { status: 'declined', error: said } : { status: 'succeeded', result: said }
  return give(response, 200, JSON.stringify(status))
}
