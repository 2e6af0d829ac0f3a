import { definitionPath } from '../plan.ts'
import { headerUnlisted } from '../../core/stored/kept-request.ts'
import { configurationError } from '../../public/errors.ts'
import type { Payload } from './payload.ts'
import type { Plan } from '../plan.ts'

/**
 * A stored request must be the whole request. A header that neither list names would be missing when the request is
 * sent again, which would make it another request. Throws a `configuration` error before anything is sent or stored.
 */
export function requireWhole(
  plan: Pick<Plan, 'name' | 'persist' | 'keepHeaders' | 'dropHeaders'>,
  payload: Payload,
): void {
  if (plan.persist !== 'request') return
  const missing = headerUnlisted(payload.headers, plan)
  if (missing === undefined) return
  throw configurationError(
    `${definitionPath(plan)}.request.headers.${missing}`,
    "would be left out of the stored request: name it in `keepHeaders`, or in `dropHeaders` where it may be missing, or let the http layer set it (a credential's place)",
  )
}
