import type { ClientCore } from './client-core.ts'
import { LONGEST_ID_IN_KEY, recordKey } from '../core/names/identity.ts'
import type { Identity } from '../core/record/record-of.ts'
import type { Plan } from '../engine/plan.ts'
import type { StandardSchema } from '../public/standard-schema.ts'

/** A definition within one client and scope: what all methods of an operation need. */
export type OperationContext = {
  readonly core: ClientCore
  readonly plan: Plan
  readonly schema: StandardSchema | undefined
  /** The scope at this moment; throws a `configuration` error if nobody is logged in. */
  readonly scopeNow: () => string
}

/** One operation of a definition, identified by its id. */
export type Named = {
  readonly identity: Identity
  readonly operationId: string
  readonly liveKey: string
  /** The storage key of its record; undefined if the id is so long that the record is stored under a hash. */
  readonly place: string | undefined
  /** As in the plan. */
  readonly givesAnswers: boolean
}

/**
 * Identifies an operation by its id and the id's JSON text. The scope is that of whoever is logged in now, unless a
 * record contains another.
 */
export function named(
  context: OperationContext,
  { id, text }: { readonly id: unknown; readonly text: string },
  scope = context.scopeNow(),
): Named {
  const { name, givesAnswers } = context.plan
  const identity: Identity = { scope, name, id }
  const liveKey = recordKey(scope, name, text)
  const place = text.length <= LONGEST_ID_IN_KEY ? liveKey : undefined
  return { identity, operationId: typeof id === 'string' ? id : text, liveKey, place, givesAnswers }
}
