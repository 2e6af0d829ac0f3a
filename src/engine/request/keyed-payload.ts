import { isMadeAgain, keyedFault } from '../../core/record/same-payload.ts'
import { configurationError } from '../../public/errors.ts'
import { hearThrown } from '../../guards/synchronous.ts'
import { ANY_KEY } from './any-key.ts'
import type { Payload, PayloadBytes, PayloadContext } from './payload.ts'
import { preparePayload, remembered } from './payload.ts'
import type { RequestSpec } from './request-spec.ts'

/** How to build a request for each key. */
export type Keyed = {
  readonly specWith: (key: string) => RequestSpec
  /** For the request at the time of the call. */
  readonly context: PayloadContext
  /** For the requests that are built later. */
  readonly again: PayloadContext
}

/**
 * A request that takes the key itself. It is built at the call with a placeholder key, and that version is compared
 * with other payloads. When the key is known, `request` is called again, first with the placeholder: if the result then
 * differs from the one at the call, it is not what the caller asked for and is not sent.
 */
export async function keyedPayload(spec: RequestSpec, { specWith, context, again }: Keyed): Promise<Payload> {
  const { path } = context
  // The whole request at the call, including parts that the fingerprint leaves out.
  const wholly = { ...context, fingerprint: undefined }
  const [payload, whole] = await Promise.all([preparePayload(spec, context), preparePayload(spec, wholly)])
  const whollyAgain = { ...again, fingerprint: undefined }
  const made = async (key: string): Promise<PayloadBytes> => {
    const same = await preparePayload(specWith(ANY_KEY), whollyAgain)
    if (!isMadeAgain(whole, same)) throw configurationError(path, IMPURE)
    const own = await preparePayload(specWith(key), whollyAgain)
    const fault = keyedFault(whole, own, context.profile.key.in === 'request')
    if (fault !== undefined) throw configurationError(path, FAULTS[fault])
    const { headers, target, url } = own
    return { url, ...(await own.bytes(key)), headers, target }
  }
  return {
    ...payload,
    bytes: remembered(key => {
      const bytes = made(key)
      bytes.catch(hearThrown)
      return bytes
    }),
  }
}

const IMPURE =
  'gave another request than at the call: it is asked again when the key is known, so it must be pure, and its input must stay as it is'

const FAULTS = {
  keyless:
    'takes `key` and puts it nowhere, and nothing else carries it: it would be sent again without a key',
  elsewhere: 'must give the same method and origin for every key',
}
