import type { ServerResponse } from 'node:http'
import type { ForwardedAnswer } from './forward.ts'
import type { Framing } from './framing.ts'

/** Sends half an answer and closes the connection. */
export function cutAnswer(response: ServerResponse, answer: ForwardedAnswer, framing: Framing): void {
  const { 'content-length': length = '', ...headers } = answer.headers
  switch (framing) {
    case 'length':
      response.writeHead(answer.status, { ...headers, 'content-length': String(length) })
      break
    case 'chunks':
      response.writeHead(answer.status, { ...headers, 'transfer-encoding': 'chunked' })
      break
    case 'close':
      response.useChunkedEncodingByDefault = false
      response.writeHead(answer.status, { ...headers, connection: 'close' })
  }
  response.write(answer.body.subarray(0, answer.body.length / 2))
  response.socket?.destroySoon()
}
