import type { ServerResponse } from 'node:http'
import type { Answer } from './forwarded.ts'

/**
 * Gives half an answer and closes the connection, in turns under the three framings of HTTP/1.1. Only the
 * first two let the receiver see that something is missing.
 */
export function cutBody(response: ServerResponse, answer: Answer, turn: number): void {
  const { 'content-length': length = '', ...headers } = answer.headers
  const half = answer.body.slice(0, answer.body.length / 2)
  switch (turn % 3) {
    case 0:
      response.writeHead(answer.status, { ...headers, 'content-length': length })
      break
    case 1:
      response.writeHead(answer.status, { ...headers, 'transfer-encoding': 'chunked' })
      break
    default:
      response.useChunkedEncodingByDefault = false
      response.writeHead(answer.status, { ...headers, connection: 'close' })
  }
  response.write(half)
  response.socket?.destroySoon()
}
