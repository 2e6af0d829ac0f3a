import type { RecordStore } from '../public/store.ts'

/** A store that keeps records where the first one cannot: its user asks for that, because it keeps them less well. */
export function isStore(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false
  const { get, set, delete: remove, listOpen } = value as Partial<Record<keyof RecordStore, unknown>>
  return [get, set, remove, listOpen].every(method => typeof method === 'function')
}
