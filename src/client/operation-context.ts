import type { ClientCore } from './client-core.ts'
import { LONGEST_ID_IN_KEY, recordKey } from '../core/names/identity.ts'
import type { Identity } from '../core/record/record-of.ts'
import type { Plan } from '../engine/plan.ts'
import type { StandardSchema } from '../public/standard-schema.ts'

/** A definition within one client and scope: what all of its methods need. */
export type OperationContext = {
  readonly core: ClientCore
  readonly plan: Plan
  readonly schema: StandardSchema | undefined
  /** Whose operations these are, now; throws a `configuration` error where nobody is. */
  readonly scopeNow: () => string
}

/** One operation of a definition, named. */
export type Named = {
  readonly identity: Identity
  readonly operationId: string
  readonly liveKey: string
  /** Where its record lies; undefined where the id is so long that it is stored under its hash. */
  readonly place: string | undefined
}

/** `text` is the id's JSON text. In the scope of whoever is logged in now, unless a record says whose it is. */
export function named(
  context: OperationContext,
  { id, text }: { readonly id: unknown; readonly text: string },
  scope = context.scopeNow(),
): Named {
  const identity: Identity = { scope, name: context.plan.name, id }
  const liveKey = recordKey(scope, identity.name, text)
  const place = text.length <= LONGEST_ID_IN_KEY ? liveKey : undefined
  return { identity, operationId: typeof id === 'string' ? id : text, liveKey, place }
}
