import type { IncomingMessage } from 'node:http'

export type Answer = {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

const BETWEEN_NEIGHBOURS = new Set(['connection', 'keep-alive', 'transfer-encoding'])

/** Passes a request on, and gives the whole answer, ready to be given back. */
export async function forwarded(to: string, request: IncomingMessage, body: string): Promise<Answer> {
  const headers = new Headers()
  for (const name of ['content-type', 'idempotency-key', 'accept']) {
    const value = request.headers[name]
    if (typeof value === 'string') headers.set(name, value)
  }
  const init = { method: request.method ?? 'GET', headers, ...(body !== '' && { body }) }
  const answer = await fetch(new URL(request.url ?? '/', to), init)
  // These are between two neighbours, and not for whoever comes next.
  const own = [...answer.headers].filter(([name]) => !BETWEEN_NEIGHBOURS.has(name))
  return { status: answer.status, headers: Object.fromEntries(own), body: await answer.text() }
}
