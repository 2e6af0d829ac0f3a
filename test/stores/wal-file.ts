import { existsSync, readFileSync } from 'node:fs'

const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24

/**
 * How many transactions the write-ahead log of a database holds: a frame that ends one says how many pages the
 * database has after it, all others say 0 (https://sqlite.org/fileformat.html, section 4).
 */
export function commitsIn(path: string): number {
  if (!existsSync(`${path}-wal`)) return 0
  const log = readFileSync(`${path}-wal`)
  if (log.length < HEADER_BYTES) return 0
  const pageBytes = log.readUInt32BE(8)
  const salt = log.subarray(16, 24)
  let commits = 0
  for (let at = HEADER_BYTES; at + FRAME_HEADER_BYTES <= log.length; at += FRAME_HEADER_BYTES + pageBytes) {
    if (!log.subarray(at + 8, at + 16).equals(salt)) break
    if (log.readUInt32BE(at + 4) !== 0) commits += 1
  }
  return commits
}
