import type { End } from './end.ts'
import type { RunContext } from './run-context.ts'
import { presenceOf } from './presence.ts'
import { settle } from './run-loop.ts'

/** Settles, and lets other tabs see meanwhile that this one is there. */
export function settlePresent(x: RunContext): Promise<End> {
  const { store, runtime } = x.engine
  if (store.lock === undefined && runtime.environment === 'node') return settle(x)
  const presence = presenceOf(x.engine)
  presence.enter(x)
  return settle(x).finally(() => presence.leave(x))
}
