import type { RecordStore } from '../public/store.ts'

/** Checks a fallback: a store for records that the first store cannot hold. */
export function isStore(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { get, set, delete: remove, listOpen } = value as Partial<Record<keyof RecordStore, unknown>>
  return [get, set, remove, listOpen].every(method => typeof method === 'function')
}
