import type { HeaderLookup } from './header-table.ts'
import { HeaderTable } from './header-table.ts'

/*
 * Headers of one connection, which do not belong to an answer: RFC 9110 7.6.1. A server that passes the answer on
 * sets its own. Clients refuse an answer with two kinds of length (`Transfer-Encoding` beside `Content-Length`).
 */

const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
])

/** The hop-by-hop headers of an answer, including those that its `Connection` header names. */
export function hopByHop(headers: HeaderLookup): ReadonlySet<string> {
  const connection = headers.get('connection')
  // A server that wants to close the connection decides that itself, so `close` is kept.
  if (connection === null || isClose(connection)) return connection === null ? HOP_BY_HOP : WITH_CLOSE
  const named = connection.split(',').map(name => name.trim().toLowerCase())
  return new Set([...HOP_BY_HOP, ...named])
}

function isClose(connection: string): boolean {
  return connection.trim().toLowerCase() === 'close'
}

const WITH_CLOSE = new Set([...HOP_BY_HOP].filter(name => name !== 'connection'))

/** The headers of an answer, without those of the connection that it came through. */
export function endToEnd(headers: Headers | HeaderTable): HeaderTable {
  const left = new HeaderTable()
  const hops = hopByHop(headers)
  headers.forEach((value, name) => {
    if (!hops.has(name)) left.append(name, value)
  })
  return left
}
