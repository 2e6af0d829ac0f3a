import { frozen } from '../../core/names/plain-data.ts'
import { LONGEST_RECORD } from '../../core/record/operation-record.ts'
import type { Decoded } from './record-schema.ts'
import { Part } from '../../runtime/part.ts'

/** Loaded separately, because the schema library is larger than the engine. */
export const recordCodec = new Part(() => import('./record-schema.ts'))

export async function decodeStored(value: string): Promise<Decoded> {
  if (value.length > LONGEST_RECORD)
    return { ok: false, fault: 'the record is longer than the limit of a record' }
  const { decodeRecord: decode } = recordCodec.now ?? (await recordCodec.load())
  const decoded = decode(value)
  if (decoded.ok) frozen(decoded.record.id)
  return decoded
}
