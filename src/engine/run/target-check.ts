import { carriageOf } from '../../core/record/key-carriage.ts'
import type { Target } from '../../core/record/operation-record.ts'
import { targetFault } from '../../core/record/target-fault.ts'
import type { RunContext } from './run-context.ts'

/* The target of a run as it is now, compared with the one that its key was sent to: see core/record/target-fault.ts. */

/** Why nothing may be sent now: the request was made for another target, or what was sent before was. */
export function faultToSend(x: RunContext): string | undefined {
  const { record, payload } = x
  const made = payload === undefined ? undefined : faultOf(x, payload.target)
  if (made !== undefined || record === undefined || record.sent === 0) return made
  return faultOf(x, record.target)
}

/** Why nothing may be asked now, nor cancelled: the key is another account's, or means something else. */
export function faultToAsk(x: RunContext): string | undefined {
  return x.record === undefined ? undefined : faultOf(x, x.record.target)
}

function faultOf(x: RunContext, target: Target): string | undefined {
  const { profile } = x.plan.settings
  return targetFault(target, {
    profile: profile.name,
    carriage: carriageOf(profile),
    account: accountNow(x),
    // Where an ask leads is looked at with its URL: see ask-request.ts.
    origin: x.payload?.url.origin ?? target.origin,
  })
}

/** It may be a function, and is asked anew each time: an organisation is switched while a run waits. */
function accountNow(x: RunContext): string | undefined {
  try {
    return x.engine.account()
  } catch {
    return undefined
  }
}
