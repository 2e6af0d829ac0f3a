import { aheadFailed, aheadLost, aheadWritten, atByte, atGate } from './at-the-gate.ts'
import { carried, cutOff, observed, takeOff } from './flying.ts'
import { asked, askKept } from './hearing.ts'
import { failed, impossible, mistakenCall, nudge, stop, storeFailed } from './interrupting.ts'
import { flown, landed } from './landing.ts'
import { keep, openKept, proofKept, recheck, rechecked, refusalKept } from './keeping.ts'
import { heardLate } from './learning.ts'
import { finish, freed, lookedBack, lookedForOthers, released } from './letting-go.ts'
import {
  claimFailed,
  claimRaced,
  claimWritten,
  compared,
  found,
  keyed,
  look,
  resultDropped,
} from './looking.ts'
import { honest, settledEnd } from './make-end.ts'
import type { Next } from './next.ts'
import { first, next, stay, announce, turn } from './next.ts'
import type { Command } from './run-commands.ts'
import type { Now, RunEvent } from './run-events.ts'
import type { RunPolicy } from './run-policy.ts'
import type { FlightState, Following, RunKnowledge, RunState } from './run-state.ts'
import { nothingKnown } from './knowledge.ts'
import { rebased } from './rebased.ts'
import { waitOnline } from './offline.ts'
import {
  renewalFailed,
  renewalLost,
  renewalWritten,
  renewIfDue,
  rested,
  resultLookedFor,
  takeTurn,
} from './turning.ts'

/*
 * The machine of one run: `step(state, event, now, policy) -> [state, commands]`. The machine is pure and synchronous:
 * the performer (engine/run/performer.ts) carries out the commands and comes back with what happened.
 *
 *                        +--------------------------- another wrote, the claim is lost ----------------+
 *                        v                                                                             |
 *   beginning --> looking --+--> making-key ---------+                                                 |
 *                  ^   ^    +--> comparing-bytes --> claiming --+                                      |
 *                  |   +-----> waiting-for-other                |                                      |
 *                  |                                            v                                      |
 *                  +------------------------------------------ TURN <----------------------------------+
 *                                                               |
 *          +-----------+----------------+-----------+-----------+------------+
 *          v           v                v           v                        v
 *       resting     renewing         offline     in-flight                asking
 *          |           |                |           |                        |
 *          +-----------+-----> TURN <---+       keeping-open, keeping-proof, keeping-refusal, rechecking
 *                               |                   |                        |
 *                               |                   +------> TURN <----------+
 *                               v
 *       looking-for-result, dropping-result, releasing, looking-back, rechecking, looking-for-others
 *                               v
 *                             ended
 *
 * TURN is a decision, not a state (turning.ts): it looks at what the run knows and names the next state. In each state
 * one thing is under way, and the event at its end leads on. Four events may come at any time:
 *
 *   stop          the run is asked to stop: a wait ends, a request that has left is still waited for
 *   nudged        another part of this process wrote the record: the run reads it again before anything else
 *   late-answer   an answer whose attempt was given up: a proof counts, and is written as soon as the store is free
 *   failed        a callback or the code threw where nothing may throw: the run ends, and claims nothing new
 *
 * While the runtime reports that it is offline, TURN sends nothing except an occasional try that can do no harm
 * (offline.ts):
 *
 *   offline       `online` wakes the run at once. A try is due after 10 s, then after 20 s, 40 s …: an ask, or a send
 *                 under a key that the server honours. Without such a key the run waits for its deadline, and ends
 *                 with nothing sent.
 *
 * A pair of state and event that cannot occur ends the run as `unknown`: see `impossible`.
 */
export function step(
  state: RunState,
  event: RunEvent,
  now: Now,
  policy: RunPolicy,
): readonly [state: RunState, commands: readonly Command[]] {
  let after = afterEvent(state, event, now, policy)
  while (after.follows !== undefined) {
    const { knows, follows, commands } = after
    const decided = decision(knows, follows, now, policy)
    after = commands.length === 0 ? decided : first(commands, decided)
  }
  return [{ knows: after.knows, does: after.does }, after.commands]
}

/** Calls the function that takes the decision. */
function decision(knows: RunKnowledge, follows: Following, now: Now, policy: RunPolicy): Next {
  switch (follows.decision) {
    case 'turn':
      return takeTurn(knows, now, policy)
    case 'look':
      return look(knows, follows.looks)
    case 'take-off':
      return takeOff(knows, follows.as, now)
    case 'wait-online':
      return waitOnline(knows, now, policy.honoursKeys ? 'safe' : 'in-doubt')
    case 'keep':
      return keep(knows, follows.after, now, policy)
    case 'flown':
      return flown(knows, follows.came, now, policy)
    case 'asked':
      return askKept(knows, now, policy)
    case 'recheck':
      return recheck(knows, follows.record, follows.fault, follows.after)
    case 'let-go':
      return freed(knows, follows.end, now, policy)
    case 'settle':
      return freed(knows, settledEnd(knows, now, policy), now, policy)
    case 'finish': {
      const { end, isHonest } = follows
      return finish(knows, isHonest ? honest(knows, end, now, policy) : end, now, policy)
    }
    default:
      return follows satisfies never
  }
}

function afterEvent(state: RunState, event: RunEvent, now: Now, policy: RunPolicy): Next {
  const heard = withHeard(state, event)
  const { knows, does } = heard
  switch (event.type) {
    case 'stop':
      return stop(heard, { ...knows, stop: knows.stop ?? event.request }, now, policy)
    case 'nudged':
      return nudge(heard, { ...knows, holding: false }, now, policy)
    case 'late-answer':
      return heardLate(heard, event, now, policy)
    case 'failed':
      return failed(heard, event.error, event.mistake, now, policy)
    case 'at-gate':
    case 'at-byte':
      if (does.name !== 'in-flight')
        return next(knows, does, { do: 'refuse', send: event.send, reason: 'attempt-over' })
      break
    default:
  }
  switch (does.name) {
    case 'beginning':
      if (event.type === 'begun') return turn(knows)
      if (event.type === 'mistaken')
        return next(knows, { name: 'looking-for-mistaken', mistake: event.mistake }, { do: 'read' })
      break
    case 'looking':
      if (event.type === 'read') return found(knows, does, event, now, policy)
      if (event.type === 'unread') return storeFailed(knows, event.fault, now, policy)
      break
    case 'looking-for-mistaken':
      if (event.type === 'read' || event.type === 'unread')
        return mistakenCall(knows, does.mistake, event, now, policy)
      break
    case 'waiting-for-other':
      if (event.type === 'due') return look(knows, does.looks + 1)
      break
    case 'making-key':
      if (event.type === 'keyed') return keyed(knows, does, event, now, policy)
      break
    case 'comparing-bytes':
      if (event.type === 'compared') return compared(knows, does, event, now, policy)
      break
    case 'claiming':
      if (event.type === 'written') return claimWritten(knows, does, event, policy)
      if (event.type === 'lost') return claimRaced(knows, does)
      if (event.type === 'unwritten') return claimFailed(knows, event.fault, now, policy)
      break
    case 'dropping-result':
      if (event.type === 'written' || event.type === 'lost') return resultDropped(knows, does, now, policy)
      if (event.type === 'unwritten')
        return first(
          [announce({ type: 'store-failed', doing: 'settle', cause: event.fault.told })],
          resultDropped(knows, does, now, policy),
        )
      break
    case 'looking-for-result':
      if (event.type === 'read' || event.type === 'unread')
        return resultLookedFor(knows, does, event, now, policy)
      break
    case 'resting':
      if (event.type === 'due') return rested(knows, does, now, policy)
      break
    case 'offline':
      if (event.type === 'due') return renewIfDue(knows, { for: 'turn' }, now, policy)
      break
    case 'renewing':
      if (event.type === 'written') return renewalWritten(knows, does, event, now, policy)
      if (event.type === 'lost') return renewalLost(knows, does, now, policy)
      if (event.type === 'unwritten') return renewalFailed(knows, does, event.fault, now, policy)
      break
    case 'in-flight':
      return inFlight(heard, does.flight, event, now, policy)
    case 'asking':
      if (event.type === 'asked') return asked(knows, does, event, now, policy)
      break
    case 'keeping-open':
      if (isWrite(event)) return openKept(knows, does, event, now, policy)
      break
    case 'keeping-proof':
      if (isWrite(event)) return proofKept(knows, does, event, now)
      break
    case 'keeping-refusal':
      if (isWrite(event)) return refusalKept(knows, does, event, now, policy)
      break
    case 'rechecking':
      if (isWrite(event) || event.type === 'read' || event.type === 'unread')
        return rechecked(knows, does, event, now, policy)
      break
    case 'releasing':
      if (isWrite(event)) return released(knows, does, event, now, policy)
      break
    case 'looking-back':
      if (event.type === 'read' || event.type === 'unread') return lookedBack(knows, does, event, now, policy)
      break
    case 'looking-for-others':
      if (event.type === 'read' || event.type === 'unread')
        return lookedForOthers(knows, does, event, now, policy)
      break
    case 'ended':
      return stay(heard)
    default:
      return does satisfies never
  }
  return impossible(heard, event, now, policy)
}

/** A run that has not begun. */
export function beginning(deadlineMs: number): RunState {
  return { knows: nothingKnown(deadlineMs), does: { name: 'beginning' } }
}

type Write = Extract<RunEvent, { type: 'written' | 'lost' | 'unwritten' }>

function isWrite(event: RunEvent): event is Write {
  return event.type === 'written' || event.type === 'lost' || event.type === 'unwritten'
}

/** Notes what the store holds, before anything follows from the event. */
function withHeard(state: RunState, event: RunEvent): RunState {
  switch (event.type) {
    case 'read':
    case 'lost': {
      const { knows, does } = state
      const record = rebased(knows.record, knows.heard.stored, event.heard.stored) ?? knows.record
      return { knows: { ...knows, record, heard: event.heard, writingSince: undefined }, does }
    }
    case 'unread':
    case 'written':
    case 'unwritten':
      return { knows: { ...state.knows, heard: event.heard, writingSince: undefined }, does: state.does }
    default:
      // An event with a look at the store that is not listed above is a type error here.
      event satisfies { readonly type: string; readonly heard?: undefined }
      return state
  }
}

function inFlight(state: RunState, flight: FlightState, event: RunEvent, now: Now, policy: RunPolicy): Next {
  const { knows } = state
  switch (event.type) {
    case 'at-gate':
      return atGate(knows, flight, event, now, policy)
    case 'at-byte':
      return atByte(knows, flight, event, now, policy)
    case 'observed':
      return observed(knows, flight, event, now, policy)
    case 'overdue':
      return cutOff(knows, flight, 'timeout')
    case 'carried':
      return carried(knows, flight)
    case 'landed':
      return landed(knows, flight, event, now, policy)
    default:
  }
  const { stage } = flight
  if (stage.name !== 'writing-ahead') return impossible(state, event, now, policy)
  switch (event.type) {
    case 'written':
      return aheadWritten(knows, flight, stage, event, now, policy)
    case 'lost':
      return aheadLost(knows, flight, stage, now, policy)
    case 'unwritten':
      return aheadFailed(knows, flight, stage, event.fault, now, policy)
    default:
      return impossible(state, event, now, policy)
  }
}
