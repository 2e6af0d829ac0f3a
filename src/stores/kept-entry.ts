/** What a storage of texts keeps of one record, as JSON. */
export type KeptEntry = {
  readonly value: string
  readonly version: string
  /** The record's place in the order in which records became open. */
  readonly place: number
  readonly open: boolean
  /** Epoch ms. */
  readonly expiresAt?: number | undefined
}

/** The open records, with their places. */
export type OpenIndex = readonly (readonly [place: number, key: string])[]

export function isEntry(found: unknown): found is KeptEntry {
  if (typeof found !== 'object' || found === null) return false
  const { value, version, place, open, expiresAt } = found as Partial<Record<keyof KeptEntry, unknown>>
  return (
    typeof value === 'string' &&
    typeof version === 'string' &&
    typeof place === 'number' &&
    typeof open === 'boolean' &&
    (expiresAt === undefined || typeof expiresAt === 'number')
  )
}

export function isOpenIndex(found: unknown): found is OpenIndex {
  return (
    Array.isArray(found) &&
    found.every(each => Array.isArray(each) && typeof each[0] === 'number' && typeof each[1] === 'string')
  )
}

/** Null where the text is none. */
export function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** A storage that was cleared begins with another epoch, so that a version never repeats. */
export function newEpoch(): string {
  const parts = crypto.getRandomValues(new Uint32Array(2))
  return Array.from(parts, part => part.toString(36)).join('')
}
