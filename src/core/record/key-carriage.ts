import type { Profile } from '../answers/profile.ts'

/**
 * How a profile has a key go to the server: in which header and form, in which field of the body or the query, or
 * `none` if the server does not honour keys. A deployment may change this without changing the profile's name. Under
 * another carriage, the same key is another operation.
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
  // The name of a header has no colon.
  if (key.in !== undefined && key.in !== 'header') return `${key.in}:${key.field ?? ''}`
  return header === undefined ? 'none' : `${header.toLowerCase()} ${format}`
}
