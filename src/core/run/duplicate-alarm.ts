import { announce } from './next.ts'
import type { Command } from './run-commands.ts'
import type { RunKnowledge } from './run-state.ts'

/**
 * Raises the alarm, once for each stored key: one generation succeeded while the store has another, so the operation
 * may have been executed twice.
 */
export function alarm(
  knows: RunKnowledge,
  stored: { readonly key: string; readonly generation: number },
  generation: number,
): readonly [RunKnowledge, readonly Command[]] {
  if (knows.alarmed === stored.key) return [knows, []]
  const event = {
    type: 'late-success' as const,
    generation,
    currentKey: stored.key,
    currentGeneration: stored.generation,
  }
  return [{ ...knows, alarmed: stored.key }, [announce(event)]]
}
