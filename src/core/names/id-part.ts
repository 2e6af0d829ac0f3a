import { canonicalJson } from './canonical-json.ts'

/** The id's place in the record's key, before hashing: JSON, so that `1` and `"1"` stay apart. */
export function idPart(id: unknown): string {
  return canonicalJson(id)
}
