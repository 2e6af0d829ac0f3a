import { allScopesPrefix, scopePrefix } from '../../core/names/identity.ts'
import { configurationError } from '../../public/errors.ts'
import type { ClientCore } from '../client-core.ts'
import type { OperationContext } from '../operation-context.ts'

/** Whose operations a call concerns: those of one scope, while `scopeNow` returns that scope, or those of all. */
export type WhoseRecords = { readonly scope: string; readonly scopeNow: () => string } | 'all'

/** The key prefix of those records. A page has one user, and nothing there may act for users who were there before. */
export function prefixOf(whose: WhoseRecords, method: string): string {
  if (whose !== 'all') return scopePrefix(whose.scope)
  if ('document' in globalThis)
    throw configurationError(`${method}.scope`, "'all' is for services: a page acts for who is logged in")
  return allScopesPrefix
}

/**
 * The function that returns the current scope, for a record of `scope`. With `all`, that is always the record's own
 * scope.
 */
export function scopeNowOf(whose: WhoseRecords, scope: string): () => string {
  return whose === 'all' ? () => scope : whose.scopeNow
}

/** How to perform an operation, in the scope that `scopeNow` returns; undefined if its definition is not known. */
export function contextOf(
  core: ClientCore,
  name: string,
  scopeNow: () => string,
): OperationContext | undefined {
  const defined = core.definitions.get(name)
  return defined && { core, plan: defined.plan, schema: defined.schema, scopeNow }
}
