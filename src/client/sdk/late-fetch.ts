import { bodyNow, headersNow } from '../../engine/request/spec-now.ts'
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
    const target = input instanceof URL ? input.href : input
    const call = callNow(init)
    const part = sdkPart.now ?? (await loadedPart())
    guarded ??= part.guardedFetch(context, options)
    return guarded(target, call)
  }
  return (input, init) => (guarded ?? first)(input, init)
}

/** A copy of what a caller could change until the code is loaded. */
function callNow(init: RequestInit | undefined): RequestInit | undefined {
  const isPlain: boolean = isPlainObject(init)
  if (init === undefined || !isPlain) return init
  return { ...init, body: bodyNow(init.body) ?? null, headers: headersNow(init.headers) as HeadersInit }
}

async function loadedPart(): Promise<typeof sdkPart.loaded> {
  try {
    return await sdkPart.load()
  } catch (error) {
    throw new OperationError(notLoaded(error))
  }
}
