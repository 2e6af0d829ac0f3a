import { ANY_KEY } from '../engine/request/any-key.ts'
import type { Engine } from '../engine/engine.ts'
import type { PayloadContext } from '../engine/request/payload.ts'
import type { RequestSpec } from '../engine/request/request-spec.ts'
import { dataNow, specNow } from '../engine/request/spec-now.ts'
import { called, captured } from '../guards/callback.ts'
import type { OperationDefinition } from './definition.ts'
import type { Named, OperationContext } from './operation-context.ts'

/** A call as it was made: what the caller changes in its input later is another call. */
export type Call = {
  readonly operation: Named
  readonly signal: AbortSignal | undefined
  /** What its request is made of; throws what a callback threw. */
  readonly given: () => RequestGiven
  /** What it goes out with, where that is not the client's own. */
  readonly engine?: Engine | undefined
  /** For how long it has waited for the code that performs it, ms. */
  readonly waitedMs: number
}

/** What the callbacks of a definition gave for one request. */
export type RequestGiven = Pick<
  PayloadContext,
  'account' | 'accountCounts' | 'fingerprint' | 'resolveUrl'
> & {
  readonly spec: RequestSpec
  /** The same with a key in it, where `request` asked for one: what `spec` has in its place stands for any. */
  readonly specWith: ((key: string) => RequestSpec) | undefined
  /** Whose call it is. */
  readonly scope: string
}

let isAsked = false

/** One for all calls: V8 takes 2 us for each object that is made with a getter, since each has a shape of its own. */
const WITH_ANY_KEY = Object.freeze({
  get key() {
    isAsked = true
    return ANY_KEY
  },
})

/** `request` may begin another operation, whose own question for a key says nothing of this one. */
function withAnyKey(specWith: (about: { readonly key: string }) => RequestSpec): {
  readonly spec: RequestSpec
  readonly asksForKey: boolean
} {
  const wasAsked = isAsked
  isAsked = false
  try {
    const spec = specWith(WITH_ANY_KEY)
    return { spec, asksForKey: isAsked }
  } finally {
    isAsked = wasAsked
  }
}

export function requestGiven<Input, Output>(
  { core, plan }: OperationContext,
  definition: OperationDefinition<Input, Output>,
  input: Input,
  scope: string,
): RequestGiven {
  const { fingerprint } = definition
  const path = `operation(${plan.name}).`
  const specWith = (about: { readonly key: string }) =>
    called(() => definition.request(input, about), `${path}request`)
  const { spec, asksForKey } = withAnyKey(specWith)
  return {
    scope,
    spec,
    specWith: asksForKey ? key => specWith({ key }) : undefined,
    resolveUrl: url => core.engineOf(scope).transport.resolveUrl(url),
    account: core.account(scope),
    fingerprint:
      fingerprint === undefined
        ? undefined
        : (called(() => fingerprint(input), `${path}fingerprint`) ?? null),
  }
}

/** The same for code that reads it in a later tick. */
export function givenNow(given: RequestGiven): RequestGiven {
  const { spec, fingerprint, resolveUrl } = given
  // What has no names of its own is refused as it is.
  if (typeof spec !== 'object' || spec === null || Object.keys(spec).length === 0) return given
  const now = specNow(spec)
  return {
    ...given,
    spec: now,
    fingerprint: dataNow(fingerprint),
    resolveUrl: captured(() => resolveUrl(now.url)),
  }
}
