import type { Profile } from '../answers/profile.ts'

/**
 * How a profile has a key go to the server: in which header and form, in which field of the body or the query, or `none`
 * where the server does not honour it. A deployment may change it under one name, and under another carriage the same key
 * is another operation.
 */
export function carriageOf({
  honoursKeys,
  header,
  format,
  key,
}: Pick<Profile, 'honoursKeys' | 'header' | 'format'> & {
  readonly key: Pick<Profile['key'], 'in' | 'field'>
}): string {
  if (!honoursKeys) return 'none'
  // No header's name has a colon.
  if (key.in !== undefined && key.in !== 'header') return `${key.in}:${key.field ?? ''}`
  return header === undefined ? 'none' : `${header.toLowerCase()} ${format}`
}
