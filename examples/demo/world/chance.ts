import { hash } from 'node:crypto'

/** A number from 0 up to 1 that depends on its parts alone: the same seed brings the same faults again. */
export function chance(...parts: readonly (string | number)[]): number {
  return Number.parseInt(hash('sha256', parts.join(' ')).slice(0, 12), 16) / 2 ** 48
}
