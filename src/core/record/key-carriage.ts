import type { Profile } from '../answers/profile.ts'

/**
 * How a profile has a key go to the server: in which header and form, or `none` where the server does not honour it. A
 * deployment may change it under one name, and under another carriage the same key is another operation.
 */
export function carriageOf({
  honoursKeys,
  header,
  format,
}: Pick<Profile, 'honoursKeys' | 'header' | 'format'>): string {
  return honoursKeys && header !== undefined ? `${header.toLowerCase()} ${format}` : 'none'
}
