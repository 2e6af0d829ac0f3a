import type { ConflictAnswer, OperationDefinition } from './definition.ts'
import { asConfiguration } from '../guards/callback.ts'
import {
  afterConflict,
  conflictElsewhere,
  conflictMistaken,
  conflictOf,
  conflictUnanswered,
  mayAskOnConflict,
} from '../core/run/after-conflict.ts'
import type { End } from '../core/run/end.ts'
import { notOurs, settledAs } from '../engine/run/on-conflict.ts'
import type { Performer } from '../engine/run/performer.ts'
import type { Payload } from '../engine/request/payload.ts'
import { serverResponse } from '../engine/answer/server-response.ts'
import { heard, isThenable } from '../guards/synchronous.ts'
import { configurationError } from '../public/errors.ts'
import { isObject } from '../guards/option-checks.ts'

/**
 * After a conflict: asks the definition for the next input, which begins a new generation. If the conflict is not
 * proven, `onConflict` first decides whose the change is. If it is the operation's own, the operation was executed; if
 * it is another's, the caller has given the proof that it was not.
 */
export function retargeting<Input, Output>(
  definition: OperationDefinition<Input, Output>,
  first: Input,
  payloadOf: (input: Input) => Payload | Promise<Payload>,
): (x: Performer, end: End, turn: number) => Promise<End | 'again'> {
  let input = first
  return async (x, end, turn) => {
    const { onConflict, conflictTurns = 3 } = definition
    const conflict = conflictOf(end)
    const { lastAnswer, remainingMs } = x
    if (onConflict === undefined || conflict === undefined || lastAnswer === undefined) return end
    const isStopped = x.stopRequest !== undefined
    if (!mayAskOnConflict({ turn, conflictTurns, isStopped, remainingMs })) return end
    const path = `operation(${definition.name}).onConflict`
    try {
      const response = serverResponse(lastAnswer, x.engine.transport.parseJson)
      const said = await onConflict({ input, response, turn, proven: conflict === 'proven' })
      if (said === undefined) return end
      const told = whoseChange(said, path)
      if (told.kind === 'ours') return await settledAs(x, end, told.data, path)
      const follows = afterConflict(conflict, told.kind)
      if (follows === 'mistake') return conflictMistaken(configurationError(path, BARE), x.outcome)
      // The next generation belongs to this call: if account, profile or origin has changed meanwhile, another call
      // must begin it.
      const fault = x.faultToSend
      if (fault !== undefined) return conflictElsewhere(fault, x.outcome)
      const payload = await payloadOf(told.next)
      if (follows === 'write-proof-and-begin-over' && !(await notOurs(x))) return end
      input = told.next
      x.beginOver(payload)
      return 'again'
    } catch (error) {
      return conflictUnanswered(asConfiguration(error, path), error, x.outcome)
    }
  }
}

const BARE =
  'gave the next input for a conflict that is not proven: find out whose the change is, and give ' +
  '{ executed: data } or { notMine: true, next }'

type Whose<Input> =
  | { readonly kind: 'ours'; readonly data: unknown }
  | { readonly kind: 'others'; readonly next: Input }
  | { readonly kind: 'input'; readonly next: Input }

function whoseChange<Input>(said: ConflictAnswer<Input>, path: string): Whose<Input> {
  const fields = isObject(said) ? (said as Readonly<Record<string, unknown>>) : {}
  const names = Object.keys(fields).toSorted().join(' ')
  if (names === 'executed') return { kind: 'ours', data: fields['executed'] }
  if (names === 'next notMine' && fields['notMine'] === true) {
    const { next } = fields
    if (isThenable(next)) {
      heard(next)
      throw configurationError(`${path}.next`, 'is a promise: wait for it first')
    }
    return { kind: 'others', next: next as Input }
  }
  return { kind: 'input', next: said as Input }
}
