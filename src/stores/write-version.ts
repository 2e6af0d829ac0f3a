/**
 * The version of a write: 128 random bits, as hexadecimal digits. `crypto.randomUUID` would do but for Node's startup
 * snapshots, whose processes share its stock: the versions of two writers must never be equal.
 *
 * @see findings/node-gives-processes-of-one-snapshot-the-same-ids.sh
 */
export function writeVersion(): string {
  let digits = ''
  for (const byte of crypto.getRandomValues(new Uint8Array(16))) digits += byte.toString(16).padStart(2, '0')
  return digits
}
