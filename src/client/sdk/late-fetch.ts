import type { RequestSpec } from '../../engine/request/request-spec.ts'
import { specNow } from '../../engine/request/spec-now.ts'
import { isPlainObject } from '../../guards/option-checks.ts'
import { hearThrown } from '../../guards/synchronous.ts'
import { OperationError } from '../../public/errors.ts'
import type { Fetch } from '../../public/transport.ts'
import { Part } from '../../runtime/part.ts'
import type { OperationContext } from '../operation-context.ts'
import { notLoaded, performing } from '../performing-part.ts'
import type { FetchOptions } from './fetch-options.ts'

const sdkPart = new Part(async () => {
  const [part] = await Promise.all([import('./sdk-part.ts'), performing.load()])
  return part
})

/** A fetch whose code is loaded separately, when the first one is made. Calls before that wait for the code. */
export function lateFetch(context: OperationContext, options: FetchOptions): Fetch {
  let guarded: Fetch | undefined
  sdkPart.load().catch(hearThrown)
  const first: Fetch = async (input, init) => {
    // The caller may change what it gave before the code is loaded.
    const target = input instanceof URL ? input.href : input
    const call = isPlainObject(init) ? (specNow(init as RequestSpec) as RequestInit) : init
    const part = sdkPart.now ?? (await loadedPart())
    guarded ??= part.guardedFetch(context, options)
    return guarded(target, call)
  }
  return (input, init) => (guarded ?? first)(input, init)
}

async function loadedPart(): Promise<typeof sdkPart.loaded> {
  try {
    return await sdkPart.load()
  } catch (error) {
    throw new OperationError(notLoaded(error))
  }
}
