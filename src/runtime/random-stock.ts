/*
 * Random bits for future keys and for the versions of writes. Requesting 16 bytes from the platform takes 2 us by
 * itself and 12 us within a call, a fifth of all that the client does; 1,024 bytes take 3.4 us by themselves
 * (docs/speed.md).
 *
 * There must be no stock when Node writes a startup snapshot. The processes that start from the snapshot would share
 * the stock, as they share that of `crypto.randomUUID`, and two operations would get the same key.
 *
 * @see findings/node-gives-processes-of-one-snapshot-the-same-ids.sh
 */

/** Bytes of one key, or of one version. */
const LENGTH = 16
const KEYS_IN_STOCK = 64

let stock = new Uint8Array(0)
let used = 0

/** 128 random bits that are handed out only once; the caller may change them. */
export function randomBits(): Uint8Array {
  if (used === stock.length) {
    if (mayBeForSnapshot()) return crypto.getRandomValues(new Uint8Array(LENGTH))
    stock = crypto.getRandomValues(new Uint8Array(LENGTH * KEYS_IN_STOCK))
    used = 0
  }
  used += LENGTH
  return stock.subarray(used - LENGTH, used)
}

type Process = {
  getBuiltinModule?(name: 'v8'): { readonly startupSnapshot?: { isBuildingSnapshot?(): unknown } } | undefined
}

/**
 * Whether the memory of this process may become a snapshot that other processes start from. True for a runtime that
 * cannot answer this, so that it gets no stock: Bun 1.3 throws.
 */
export function mayBeForSnapshot(): boolean {
  const { process } = globalThis as { readonly process?: Process | undefined }
  try {
    // Node returns 1 and 0 here, although its types say true and false.
    return Boolean(process?.getBuiltinModule?.('v8')?.startupSnapshot?.isBuildingSnapshot?.())
  } catch {
    return true
  }
}
