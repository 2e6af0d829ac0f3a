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

/** Options for turning the requests of an SDK into operations. */
export type FetchOptions = SharedOptions &
  StoredRequestOptions &
  Pick<OperationDefinition<never>, 'status' | 'cancel' | 'verdict' | 'redefine'> & {
    /** The name of this kind of operation, like the name of a definition. */
    readonly name: string
    /**
     * Identifies the intention of a request. If it returns the request's own key, that key is the one sent first.
     * Undefined, or a key that the SDK made up for this one call, identifies nothing.
     */
    readonly id: (request: SdkRequest) => Text | Promise<Text>
    /**
     * Names the credential that a request carries, if there are several or if it is renewed. Never return the
     * credential itself.
     */
    readonly account?: ((request: SdkRequest) => string | Promise<string>) | undefined
    /**
     * A JSON value that is compared instead of the body: it must not change while the id is the same. Method and URL
     * are always compared.
     */
    readonly fingerprint?: ((request: SdkRequest) => unknown) | undefined
    /** What happens to a request without an id. Default `'refuse'`. `'pass'` sends it without any guarantee. */
    readonly unguarded?: 'refuse' | 'pass' | ((request: SdkRequest) => boolean) | undefined
  }

type Text = string | null | undefined

/** A fetch to pass to an SDK. */
export interface GuardedFetch extends Fetch {
  /** The operation behind a request, for a webhook or a page that has only the id. */
  byId(id: string): RecordOperations
}

/** Options of a definition that a fetch does not have. */
const NOT_OF_A_FETCH = ['request', 'response', 'key', 'onConflict', 'conflictTurns']

/** Checks the options and returns the engine's view of them. Throws a `configuration` error if something is wrong. */
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

/** Takes the place of a definition's `request`: the requests of a fetch come with each call. */
export function noRequest(): never {
  throw new Error('a fetch is given its requests')
}
