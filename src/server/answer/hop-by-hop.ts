import type { HeaderLookup } from './header-table.ts'
import { HeaderTable } from './header-table.ts'

/*
 * Headers of one connection, which do not belong to an answer: RFC 9110 7.6.1. Whoever sends the answer on sets its own,
 * and two kinds of length in one answer (`Transfer-Encoding` beside `Content-Length`) are read by no client.
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

/** The hop-by-hop headers of an answer, and what its `Connection` names beside. */
export function hopByHop(headers: HeaderLookup): ReadonlySet<string> {
  const connection = headers.get('connection')
  // A server's wish to close is its own, and is kept.
  if (connection === null || isClose(connection)) return connection === null ? HOP_BY_HOP : WITH_CLOSE
  const named = connection.split(',').map(name => name.trim().toLowerCase())
  return new Set([...HOP_BY_HOP, ...named])
}

function isClose(connection: string): boolean {
  return connection.trim().toLowerCase() === 'close'
}

const WITH_CLOSE = new Set([...HOP_BY_HOP].filter(name => name !== 'connection'))

/** The headers of an answer, without those of the connection that it came by. */
export function endToEnd(headers: Headers | HeaderTable): HeaderTable {
  const left = new HeaderTable()
  const hops = hopByHop(headers)
  headers.forEach((value, name) => {
    if (!hops.has(name)) left.append(name, value)
  })
  return left
}
