import type { IncomingMessage } from 'node:http'

export type ForwardedAnswer = {
  readonly status: number
  readonly headers: Record<string, string | string[]>
  readonly body: Buffer
}

/** Headers between two neighbours, which are not passed on: RFC 9110 7.6.1. The body's length is set again. */
const OWN = new Set(['connection', 'keep-alive', 'transfer-encoding', 'content-length', 'host', 'upgrade'])

/** Passes a request on over a new connection, and returns the complete answer, ready to be sent back. */
export async function forward(to: string, request: IncomingMessage, body: Buffer): Promise<ForwardedAnswer> {
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    const { method = 'GET', url = '/' } = request
    const headers = {
      ...passedOn(request),
      ...(body.length > 0 && { 'content-length': String(body.length) }),
    }
    process
      .getBuiltinModule('node:http')
      .request(new URL(url, to), { method, headers, agent: false }, resolve)
      .once('error', reject)
      .end(body)
  })
  const whole = await wholeBody(answer)
  return {
    status: answer.statusCode ?? 502,
    headers: { ...passedOn(answer), 'content-length': String(whole.length) },
    body: whole,
  }
}

export async function wholeBody(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function passedOn({ headers }: IncomingMessage): Record<string, string | string[]> {
  const kept: Record<string, string | string[]> = {}
  for (const [name, value] of Object.entries(headers))
    if (value !== undefined && !OWN.has(name)) kept[name] = value
  return kept
}
