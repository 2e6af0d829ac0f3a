import type { HorizonPolicy } from '../record/horizon-margin.ts'
import type { Clocks } from '../record/key-horizon.ts'
import { isKeyExpired } from '../record/key-horizon.ts'
import { isAskedForTime } from './next-step.ts'
import type { OperationRecord } from '../record/operation-record.ts'
import { isOpen } from '../record/operation-record.ts'
import { mayHaveExecuted } from '../record/outcome.ts'
import type { Progress } from './run-progress.ts'
import type { GateRefusal } from './run-state.ts'

/** What is true at the gate, sampled immediately before the byte. */
export type AtTheGate = {
  readonly record: OperationRecord
  readonly progress: Progress
  readonly as: 'attempt' | 'poll' | 'reread'
  /** The runner that sends. */
  readonly runner: string
  /** Why the run is asked to stop. */
  readonly stop: 'aborted' | 'closed' | undefined
  readonly remainingMs: number
  /** The runtime reports that it is offline, and this send is not one of the tries that are made all the same. */
  readonly isHeldOffline: boolean
  /** The user to whom the operation belongs is still logged in. */
  readonly isSameScope: boolean
  /**
   * The run holds the operation: by a lease that has not run out, or with a generation that no other runner can see
   * yet.
   */
  readonly holds: boolean
  /** Account, profile and origin are those with which the key was first used. */
  readonly isSameTarget: boolean
  /** The bytes differ from those sent before, and the server compares bytes. */
  readonly hasOtherBytes: boolean
  readonly horizon: HorizonPolicy
  readonly clocks: Clocks
  readonly honoursKeys: boolean
  /** The definition has a status request. */
  readonly hasStatus: boolean
}

/** What forbids a send now, whatever was planned; undefined if nothing does. */
export function gateRefusal(gate: AtTheGate): GateRefusal | undefined {
  const { record, horizon, clocks } = gate
  if (gate.stop !== undefined) return gate.stop
  if (gate.remainingMs <= 0) return 'deadline'
  if (gate.isHeldOffline) return 'offline'
  if (!gate.isSameScope) return 'scope-changed'
  if (!gate.holds) return 'claim-lost'
  if (record.state === 'failed') return 'settled'
  if (record.state === 'succeeded' && gate.as !== 'reread') return 'settled'
  if (!gate.isSameTarget) return 'other-target'
  if (isKeyExpired(record, horizon, clocks)) return 'key-expired'
  const before = withoutOwnFlight(record, gate.runner)
  if (isAskedForTime(before, gate.progress, gate, clocks)) return 'key-expired'
  if (mayHaveExecuted(before) && !gate.honoursKeys) return 'key-not-honoured'
  if (record.sent > 0 && gate.hasOtherBytes) return 'other-target'
  return undefined
}

/** The record as it was before this run's own attempt was written ahead. That attempt is not a doubt yet. */
function withoutOwnFlight(record: OperationRecord, runner: string): OperationRecord {
  if (!isOpen(record) || record.inFlight?.runner !== runner) return record
  return { ...record, inFlight: undefined }
}
