import type { OwnDelivery } from '../../core/answers/unseen-copies.ts'
import type { Runtime } from '../../runtime/runtime.ts'

/** `once`: nothing between the gate and the wire sent it again. `perhaps-again`: nobody knows, as in a browser. */
export type Delivered = 'once' | 'perhaps-again'

/**
 * What is known of how often this runtime delivered one send: the one place that says so. A runtime that is not Node
 * counts as a browser, which re-sends whatever anybody states of the way.
 */
export function ownDelivery(delivered: Delivered, runtime: Pick<Runtime, 'environment'>): OwnDelivery {
  if (delivered === 'once') return 'once'
  return runtime.environment === 'node' ? 'unknown' : 'browser'
}
