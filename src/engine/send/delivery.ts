import type { OwnDelivery } from '../../core/answers/unseen-copies.ts'
import type { Runtime } from '../../runtime/runtime.ts'

/**
 * `once`: nothing between the gate and the wire sent the request again. `perhaps-again`: nobody knows, as in a browser.
 */
export type Delivered = 'once' | 'perhaps-again'

/**
 * What is known about how many times this runtime delivered one send. Only this function decides that. A runtime other
 * than Node counts as a browser, which sends again whatever anybody states about the way.
 */
export function ownDelivery(delivered: Delivered, runtime: Pick<Runtime, 'environment'>): OwnDelivery {
  if (delivered === 'once') return 'once'
  return runtime.environment === 'node' ? 'unknown' : 'browser'
}
