/**
 * The version of a write: 128 random bits in the form of a UUID, 36 characters. `crypto.randomUUID` would do but for Node's
 * startup snapshots, whose processes share its stock: the versions of two writers must never be equal.
 *
 * @see findings/node-gives-processes-of-one-snapshot-the-same-ids.sh
 */
export function writeVersion(): string {
  let version = ''
  for (const [place, byte] of crypto.getRandomValues(new Uint8Array(16)).entries())
    version += (HYPHENS.has(place) ? '-' : '') + byte.toString(16).padStart(2, '0')
  return version
}

/** Before these bytes. */
const HYPHENS = new Set([4, 6, 8, 10])
