import { hearThrown } from '../../guards/synchronous.ts'
import type { AskContext, AskPlan, AskSpec } from '../plan.ts'

/** Calls the definition's request callback. The caller reports what it throws; a thrown promise is caught here. */
export function requested({ request }: AskPlan<unknown>, about: AskContext): AskSpec {
  try {
    return request(about)
  } catch (error) {
    hearThrown(error)
    throw error
  }
}
