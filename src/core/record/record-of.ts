import { canonicalJson } from '../names/canonical-json.ts'
import type { RecordIdentity } from './operation-record.ts'

/** Which operation: what its record must say, whatever its place in the store. */
export type Identity = { readonly scope: string; readonly name: string; readonly id: unknown }

/** Whether a record is of this operation: one that lies in another's place is never read, or written over, in its name. */
export function isRecordOf(
  record: Pick<RecordIdentity, 'scope' | 'name' | 'id'>,
  { scope, name, id }: Identity,
): boolean {
  return record.scope === scope && record.name === name && canonicalJson(record.id) === canonicalJson(id)
}
