import type { Snapshot } from '../../src/client/snapshot.ts'

/** A run that is sending, changed as the test needs it. */
export function snapshot(changes: Partial<Snapshot<number>> = {}): Snapshot<number> {
  return {
    id: 'cart-42',
    name: 'place-order',
    scope: 'user-7',
    generation: 1,
    key: 'key-1',
    state: 'pending',
    phase: 'sending',
    attempts: 1,
    polls: 0,
    startedAt: 0,
    retryAt: undefined,
    isPaused: false,
    nextLookAt: undefined,
    data: undefined,
    error: undefined,
    outcome: 'unknown',
    replayed: false,
    ...changes,
  }
}
