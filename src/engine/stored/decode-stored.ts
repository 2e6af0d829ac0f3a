import type { decodeRecord } from './stored-format.ts'
import { Part } from '../../runtime/part.ts'

/** The schema's library is larger than the engine. */
export const recordCodec = new Part(() => import('./stored-format.ts'))

export async function decodeStored(value: string): Promise<ReturnType<typeof decodeRecord>> {
  const { decodeRecord: decode } = recordCodec.now ?? (await recordCodec.load())
  return decode(value)
}
