import { canonicalJson } from '../names/canonical-json.ts'
import type { RecordIdentity } from './operation-record.ts'

/** The operation that a record must name, whatever its place in the store. */
export type Identity = { readonly scope: string; readonly name: string; readonly id: unknown }

/**
 * Whether a record is of this operation. A record of another operation that lies in this one's place is neither read
 * nor overwritten in this one's name.
 */
export function isRecordOf(
  record: Pick<RecordIdentity, 'scope' | 'name' | 'id'>,
  { scope, name, id }: Identity,
): boolean {
  return record.scope === scope && record.name === name && canonicalJson(record.id) === canonicalJson(id)
}
