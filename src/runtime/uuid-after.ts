import { v5, validate } from 'uuid'

/** For texts that are no UUID (RFC 9562, 6.6: a namespace of one's own). */
const NAMESPACE = '7d4f6f0e-52f3-4a0b-9c3d-2b9a5f1c8e61'

/** A UUID derived from a text and a number, always the same one. */
export function uuidAfter(text: string, count: number): string {
  return validate(text) ? v5(String(count), text) : v5(`${text}.${count}`, NAMESPACE)
}
