/** What a storage of texts holds for one record, as JSON. */
export type KeptEntry = {
  readonly value: string
  readonly version: string
  /** The record's place in the order in which records became open. */
  readonly place: number
  readonly open: boolean
  /** Epoch ms. */
  readonly expiresAt?: number | undefined
}

/** The open records with their places. */
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

/** The parsed JSON; null if the text is not JSON. */
export function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}

/** A storage that was cleared starts with another epoch, so no version ever repeats. */
export function newEpoch(): string {
  const parts = crypto.getRandomValues(new Uint32Array(2))
  return Array.from(parts, part => part.toString(36)).join('')
}
