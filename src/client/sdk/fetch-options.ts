import type { Plan } from '../../engine/plan.ts'
import { requireFunction } from '../../guards/option-checks.ts'
import { configurationError } from '../../public/errors.ts'
import type { Fetch } from '../../public/transport.ts'
import type { OperationDefinition } from '../definition.ts'
import { planOf } from '../definition.ts'
import type { ClientOptions, SharedOptions } from '../options.ts'
import type { StoredRequestOptions } from '../stored-headers.ts'
import type { RecordOperations } from '../stored/stored-operation.ts'
import type { SdkRequest } from './sdk-request.ts'

/** How the requests of an SDK become operations. */
export type FetchOptions = SharedOptions &
  StoredRequestOptions &
  Pick<OperationDefinition<never>, 'status' | 'cancel' | 'verdict' | 'redefine'> & {
    /** Names the kind of operation, as the name of a definition does. */
    readonly name: string
    /**
     * Names the intention of a request. A text that is the request's own key is the key that is sent first; undefined, or a key
     * that the SDK made up for this one call, names nothing.
     */
    readonly id: (request: SdkRequest) => Text | Promise<Text>
    /** Which credential a request carries, where there are several or one is renewed: a name, never the credential itself. */
    readonly account?: ((request: SdkRequest) => string | Promise<string>) | undefined
    /** What must not change, in the body's place: a JSON value. Method and URL always count. */
    readonly fingerprint?: ((request: SdkRequest) => unknown) | undefined
    /** What becomes of a request that has no id. Default `'refuse'`. `'pass'` sends it without any guarantee. */
    readonly unguarded?: 'refuse' | 'pass' | ((request: SdkRequest) => boolean) | undefined
  }

type Text = string | null | undefined

/** A fetch to hand to an SDK. */
export interface GuardedFetch extends Fetch {
  /** The operations behind it, for a webhook or a page that has only the id. */
  byId(id: string): RecordOperations
}

/** Options of a definition that a fetch has no use for. */
const NOT_OF_A_FETCH = ['request', 'response', 'key', 'onConflict', 'conflictTurns']

/** Checks the options and gives the engine's view of them, or throws a `configuration` error. */
export function fetchPlan(options: FetchOptions, client: ClientOptions): Plan {
  const { account, unguarded, ...definition } = options ?? {}
  const own = NOT_OF_A_FETCH.find(name => name in definition)
  const path = `fetch(${definition.name}).`
  if (own !== undefined) throw configurationError(`${path}${own}`, 'there is no such option')
  const plan = planOf<never, unknown>({ ...definition, request: noRequest }, client, 'fetch')
  requireFunction(account, `${path}account`)
  if (typeof unguarded !== 'function' && !UNGUARDED.has(unguarded))
    throw configurationError(`${path}unguarded`, "must be 'refuse', 'pass' or a function")
  return plan
}

const UNGUARDED = new Set<unknown>([undefined, 'refuse', 'pass'])

/** Each request is given with its call. */
export function noRequest(): never {
  throw new Error('a fetch is given its requests')
}
