import type { Codec } from './codec.ts'

/** Separate from the code that encrypts, which some stores load later. */
export function isCodec(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { encrypt, decrypt } = value as Partial<Record<keyof Codec, unknown>>
  return typeof encrypt === 'function' && typeof decrypt === 'function'
}
