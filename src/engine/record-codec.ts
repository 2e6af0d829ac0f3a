import type { decodeRecord } from '../record.ts'
import { Part } from './part.ts'

/** The schema's library is larger than the engine. */
export const recordCodec = new Part(() => import('../record.ts'))

export async function decodeStored(value: string): Promise<ReturnType<typeof decodeRecord>> {
  const { decodeRecord: decode } = recordCodec.now ?? (await recordCodec.load())
  return decode(value)
}
