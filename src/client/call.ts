import { definitionPath } from '../engine/plan.ts'
import { ANY_KEY } from '../engine/request/any-key.ts'
import type { Engine } from '../engine/engine.ts'
import type { PayloadContext } from '../engine/request/payload.ts'
import type { RequestSpec } from '../engine/request/request-spec.ts'
import { dataNow, specNow } from '../engine/request/spec-now.ts'
import { called, captured } from '../guards/callback.ts'
import type { OperationDefinition } from './definition.ts'
import type { Named, OperationContext } from './operation-context.ts'

/** A call as it was at the moment of calling. Later changes to the input do not affect it. */
export type Call = {
  readonly operation: Named
  readonly signal: AbortSignal | undefined
  /** Returns the parts of the request; throws what a callback threw. */
  readonly given: () => RequestGiven
  /** The engine for this call, if it is not the client's own. */
  readonly engine?: Engine | undefined
  /** How long the call has waited for the code that performs it, ms. */
  readonly waitedMs: number
}

/** What the callbacks of a definition returned for one request. */
export type RequestGiven = Pick<
  PayloadContext,
  'account' | 'accountCounts' | 'fingerprint' | 'resolveUrl'
> & {
  readonly spec: RequestSpec
  /** Builds the same request with a key. Set if `request` reads `key`; `spec` then has a placeholder in its place. */
  readonly specWith: ((key: string) => RequestSpec) | undefined
  /** The scope of the call. */
  readonly scope: string
}

let isAsked = false

/** One object for all calls: V8 takes 2 us to create an object with a getter, since each gets a shape of its own. */
const WITH_ANY_KEY = Object.freeze({
  get key() {
    isAsked = true
    return ANY_KEY
  },
})

/**
 * Calls `request` with a placeholder key and reports whether it read the key. `request` may begin another operation:
 * whether that one reads the key does not count here.
 */
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
  const path = `${definitionPath(plan)}.`
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

/** A copy of the same parts, for code that reads them in a later tick. */
export function givenNow(given: RequestGiven): RequestGiven {
  const { spec, fingerprint, resolveUrl } = given
  // A value that is no object, or has no properties of its own, stays as it is: a later check refuses it.
  if (typeof spec !== 'object' || spec === null || Object.keys(spec).length === 0) return given
  const now = specNow(spec)
  return {
    ...given,
    spec: now,
    fingerprint: dataNow(fingerprint),
    resolveUrl: captured(() => resolveUrl(now.url)),
  }
}
