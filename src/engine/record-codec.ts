import type { decodeRecord } from '../record.ts'

/** Loaded apart from the first chunk and from a cold start: the schema's library is larger than the engine. */
let decode: typeof decodeRecord | undefined
let loading: Promise<typeof decodeRecord> | undefined

/** Begins loading; `createClient` calls it, so that it is there when the first record is read. */
export function loadRecordCodec(): Promise<typeof decodeRecord> {
  loading ??= import('../record.ts').then(
    module => (decode = module.decodeRecord),
    (error: unknown) => {
      // A chunk that failed to load (offline page) is asked for again by the next run.
      loading = undefined
      throw error
    },
  )
  return loading
}

export async function decodeStored(value: string): Promise<ReturnType<typeof decodeRecord>> {
  return (decode ?? (await loadRecordCodec()))(value)
}
