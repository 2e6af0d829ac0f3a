/*
 * Random bits for the keys to come. To ask the platform for 16 bytes takes 2 us of its own and 12 us of a call, a fifth of all
 * that the client does; 1,024 bytes take 3.4 us of their own (docs/speed.md).
 *
 * A stock must not be there when Node writes a startup snapshot: the processes that start from one would share it, as they
 * share that of `crypto.randomUUID`, and two operations would have one key.
 *
 * @see findings/node-gives-processes-of-one-snapshot-the-same-ids.sh
 */

/** Of one key. */
const LENGTH = 16
const KEYS_IN_STOCK = 64

let stock = new Uint8Array(0)
let used = 0

/** 128 random bits that nobody gets again; who gets them may change them. */
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

/** Whether this process may be one whose memory others start from. A runtime that cannot say so is given no stock: Bun 1.3 throws. */
function mayBeForSnapshot(): boolean {
  const { process } = globalThis as { readonly process?: Process | undefined }
  try {
    // Node gives 1 and 0, where its types have true and false.
    return Boolean(process?.getBuiltinModule?.('v8')?.startupSnapshot?.isBuildingSnapshot?.())
  } catch {
    return true
  }
}
