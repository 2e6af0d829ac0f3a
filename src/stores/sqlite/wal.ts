/* The format of the write-ahead log's file: https://sqlite.org/fileformat.html, section 4. */

const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
/** The last bit gives the byte order of the words that are summed: set means big-endian. */
const MAGIC = 0x37_7f_06_82

type Sum = readonly [number, number]

/**
 * How many bytes of a log are intact: its header and its frames, whose checksums build on each other, up to the last
 * commit. The rest belongs to an older log, or was never written completely.
 */
export function soundBytes(log: Uint8Array): number {
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength)
  if (log.byteLength < HEADER_BYTES || (view.getUint32(0) & ~1) >>> 0 !== MAGIC) return 0
  const isLittle = (view.getUint32(0) & 1) === 0
  const frameBytes = FRAME_HEADER_BYTES + view.getUint32(8)
  let sum = added([0, 0], view, 0, HEADER_BYTES - 8, isLittle)
  if (!isAt(view, HEADER_BYTES - 8, sum)) return 0
  let sound = 0
  for (let at = HEADER_BYTES; at + frameBytes <= log.byteLength; at += frameBytes) {
    const isOfThisLog =
      view.getUint32(at + 8) === view.getUint32(16) && view.getUint32(at + 12) === view.getUint32(20)
    if (!isOfThisLog) break
    sum = added(sum, view, at, at + 8, isLittle)
    sum = added(sum, view, at + FRAME_HEADER_BYTES, at + frameBytes, isLittle)
    if (!isAt(view, at + 16, sum)) break
    // A frame that ends a transaction holds the number of pages that the database has after it.
    if (view.getUint32(at + 4) !== 0) sound = at + frameBytes
  }
  return sound
}

function added([first, second]: Sum, view: DataView, from: number, to: number, isLittle: boolean): Sum {
  let a = first
  let b = second
  // oxlint-disable unicorn/prefer-math-trunc
  for (let at = from; at < to; at += 8) {
    a = (a + view.getUint32(at, isLittle) + b) | 0
    b = (b + view.getUint32(at + 4, isLittle) + a) | 0
  }
  // oxlint-enable unicorn/prefer-math-trunc
  return [a, b]
}

/** Checksums are always written big-endian, whatever the byte order of the words they sum. */
function isAt(view: DataView, at: number, [a, b]: Sum): boolean {
  return view.getInt32(at) === a && view.getInt32(at + 4) === b
}
