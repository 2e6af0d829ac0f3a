import { definitionPath } from '../engine/plan.ts'
import { asConfiguration } from '../guards/callback.ts'
import { checkAsk } from '../engine/ask/check-ask.ts'
import type { Performer } from '../engine/run/performer.ts'
import type { Payload } from '../engine/request/payload.ts'
import type { OperationError } from '../public/errors.ts'

/** The payload of a call, or the mistake with which its run ends. */
export function payloadOrMistake(
  x: Performer,
  payload: Payload | Promise<Payload>,
): PayloadOrMistake | Promise<PayloadOrMistake> {
  const asMistake = (error: unknown) => ({
    mistake: asConfiguration(error, `${definitionPath(x.plan)}.request`),
  })
  const ready = (known: Payload): PayloadOrMistake => {
    try {
      const mistake = checkAsk(x)
      return mistake === undefined ? { payload: known } : { mistake }
    } catch (error) {
      return asMistake(error)
    }
  }
  return payload instanceof Promise ? payload.then(ready, asMistake) : ready(payload)
}

type PayloadOrMistake = { readonly payload: Payload } | { readonly mistake: OperationError }
