import type { OperationDefinition } from './definition.ts'
import { asConfiguration } from './callback.ts'
import type { End } from './engine/end.ts'
import { configured, stopped } from './engine/end.ts'
import { faultToSend } from './engine/target-check.ts'
import type { Execution } from './engine/execution.ts'
import type { Payload } from './engine/payload.ts'
import { serverResponse } from './engine/server-response.ts'
import { withOutcome } from './errors.ts'

/** A run without its request ends before it begins, with the outcome that the record tells. */
export async function withPayload(x: Execution, payload: Promise<Payload>): Promise<End | undefined> {
  try {
    x.payload = await payload
    return undefined
  } catch (error) {
    const mistake = asConfiguration(error, `operation(${x.plan.name}).request`)
    try {
      x.record = await x.journal.read()
      x.storeTold = true
    } catch {
      // Then the outcome is not known either.
    }
    const end = configured(x, mistake)
    return { ...end, error: withOutcome(mistake, end.outcome) }
  }
}

/** After a proven conflict: asks the definition for the next input, which begins a new generation. */
export function retargeting<Input, Output>(
  definition: OperationDefinition<Input, Output>,
  first: Input,
  payloadOf: (input: Input) => Promise<Payload>,
): (x: Execution, end: End, turn: number) => Promise<End | 'again'> {
  let input = first
  return async (x, end, turn) => {
    const { onConflict, conflictTurns = 3 } = definition
    const proven = end.kind === 'failed' && end.record.failure.code === 'conflict'
    if (onConflict === undefined || !proven || turn > conflictTurns || x.lastAnswer === undefined) return end
    if (x.stopRequest !== undefined || x.remainingMs <= 0) return end
    try {
      const next = await onConflict({
        input,
        response: serverResponse(x.lastAnswer, x.engine.transport.parseJson),
        turn,
      })
      if (next === undefined) return end
      // The next generation is this call's too: what was switched meanwhile is for another call.
      const fault = faultToSend(x)
      if (fault !== undefined) return stopped(x, 'conflict', `after a conflict, ${fault}`)
      x.payload = await payloadOf(next)
      input = next
    } catch (error) {
      // The conflict stands; the hook's own failure is its cause.
      return {
        ...configured(x, asConfiguration(error, `operation(${definition.name}).onConflict`)),
        error: undefined,
        code: 'conflict',
        cause: error,
      }
    }
    x.beginOver()
    return 'again'
  }
}
