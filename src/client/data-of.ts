import type { Settled } from './settled.ts'

export function dataOf<Output>(settled: Settled<Output>): Output {
  if (settled.error !== undefined) throw settled.error
  return settled.data
}
