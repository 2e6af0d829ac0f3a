import { allScopesPrefix, scopePrefix } from '../../core/names/identity.ts'
import { configurationError } from '../../public/errors.ts'
import type { ClientCore } from '../client-core.ts'
import type { OperationContext } from '../operation-context.ts'

/** Whose operations a call is about: one scope's, as long as `scopeNow` says so, or those of all. */
export type WhoseRecords = { readonly scope: string; readonly scopeNow: () => string } | 'all'

/** Where their records begin. In a page there is one user, and nothing speaks for the others that were there before. */
export function prefixOf(whose: WhoseRecords, method: string): string {
  if (whose !== 'all') return scopePrefix(whose.scope)
  if ('document' in globalThis)
    throw configurationError(`${method}.scope`, "'all' is for services: a page acts for who is logged in")
  return allScopesPrefix
}

/** Who is asked whether it is still the turn of the scope that a record is of: of all, each is the client of its own. */
export function scopeNowOf(whose: WhoseRecords, scope: string): () => string {
  return whose === 'all' ? () => scope : whose.scopeNow
}

/** What is known of how to perform an operation, in the scope that `scopeNow` names. */
export function contextOf(
  core: ClientCore,
  name: string,
  scopeNow: () => string,
): OperationContext | undefined {
  const defined = core.definitions.get(name)
  return defined && { core, plan: defined.plan, schema: defined.schema, scopeNow }
}
