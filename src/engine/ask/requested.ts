import { hearThrown } from '../../guards/synchronous.ts'
import type { AskContext, AskPlan, AskSpec } from '../plan.ts'

/** What the definition asks with. What it throws is reported by whoever asks; a promise is caught here. */
export function requested({ request }: AskPlan<unknown>, about: AskContext): AskSpec {
  try {
    return request(about)
  } catch (error) {
    hearThrown(error)
    throw error
  }
}
