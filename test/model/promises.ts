import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import { isOpen, lineOf } from '../../src/core/record/operation-record.ts'
import { mayHaveExecuted } from '../../src/core/record/outcome.ts'
import { leaseMs } from '../../src/core/record/lease.ts'
import type { End, StoppedEnd } from '../../src/core/run/end.ts'
import type { RunState } from '../../src/core/run/run-state.ts'
import { nameOf } from './model.ts'
import type { Model } from './model.ts'
import type { Signal } from './running.ts'
import { CANCELLED, JUST_NOW_MS, REMEMBER_MS, RETENTION_MS, TIMEOUT_MS } from './setting.ts'
import type { Runner, Sent, Server, World } from './world.ts'

/** A promise that was broken. */
export type Violation = { readonly rule: string; readonly about: string }

/** The promises, by what is true in the model. */
export class Promises {
  readonly #model: Model

  constructor(model: Model) {
    this.#model = model
  }

  /** P1: once for each line of generations; in more than one line only where one was dropped by force. */
  ofEffects({ effects, dropped }: Server): Violation | undefined {
    const lines = effects.map(({ line }) => line)
    const kept = new Set(lines.filter(line => !dropped.includes(line) && !line.endsWith(CANCELLED)))
    if (new Set(lines).size === lines.length && kept.size < 2) return undefined
    return { rule: 'executed at most once', about: effects.map(({ key }) => key).join(' and ') }
  }

  /** What is written over what, and that it is true. */
  ofWrite(before: World, by: number | undefined, next: OperationRecord): Violation | undefined {
    const { records, servers, runners } = this.#model
    const stored = records.of(before.stored)
    const server = servers.of(before.server)
    const about = `${textOf(next)} over ${textOf(stored)}`
    if (stored !== undefined && next.key !== '' && next.key !== stored.key) {
      if (next.generation <= stored.generation) return { rule: 'one key for each generation', about }
      if (stored.state !== 'failed') return { rule: 'a new key only on proof', about }
    }
    if (stored?.state === 'succeeded' && next.key === stored.key && next.state !== 'succeeded')
      return { rule: 'a proof is never taken back', about }
    const wasQueued = stored !== undefined && isOpen(stored) && stored.request?.isQueued === true
    const isKept = !isOpen(next) || next.key !== stored?.key || next.request?.isQueued === true
    if (by !== undefined && wasQueued && !isKept) return { rule: 'what is enqueued is sent', about }
    if (next.state === 'succeeded' && !hasExecuted(server, next.key))
      return { rule: 'executed is true', about }
    if (next.state === 'failed' && next.key !== '' && mayExecute(server, next.key))
      return { rule: 'a new key only on proof', about }
    const first = by === undefined ? undefined : runners.of(before.runners[by]!).first
    const begins = isOpen(next) && next.attempts === 1 && next.inFlight !== undefined
    const isSecond = first !== undefined && begins && next.key !== first && next.key !== stored?.key
    return isSecond ? { rule: 'a call begins one generation', about } : undefined
  }

  /** P2, P4, P5: what leaves was written ahead, with this payload, under a key that the server still knows. */
  ofSend(
    world: World,
    index: number,
    { record, state, isWrittenAhead }: Extract<Signal, { is: 'sent' }>,
  ): Violation | undefined {
    const { servers, circumstances } = this.#model
    const about = `${nameOf(index)} sends ${textOf(record)}`
    if (!isWrittenAhead) return { rule: 'written ahead', about }
    if (record.fingerprint !== this.#model.fingerprintOf(index)) return { rule: 'one payload', about }
    const { at, odd } = circumstances.of(world.circumstances)
    const first = servers.of(world.server).firstSent.find(({ key }) => key === record.key)
    const { hasOtherBytes } = this.#model.runners.of(world.runners[index]!)
    if (hasOtherBytes && first !== undefined) return { rule: 'the same bytes under a key', about }
    if (first !== undefined && at >= first.at + RETENTION_MS) return { rule: 'no stale key', about }
    const { stop, deadlineMs } = state.knows
    const isOver =
      stop !== undefined || this.#model.readingOf(world.circumstances, index).monotonicMs >= deadlineMs
    if (isOver) return { rule: 'nothing is sent unasked', about }
    if (odd[index] === 'offline') return this.#ofTry(state, about)
    return odd[index] === 'nothing' ? undefined : { rule: 'nothing is sent unasked', about }
  }

  /** While the device says that it is offline a send is a try, which can do no harm. */
  #ofTry({ does }: RunState, about: string): Violation | undefined {
    const isTry = does.name === 'in-flight' && does.flight.isDespiteHint
    return isTry && this.#model.setting.keys ? undefined : { rule: 'offline is waited for', about }
  }

  /** What a runner is at after an event. */
  ofRunner(world: World, index: number): Violation | undefined {
    const { state, todo, attempt } = this.#model.runners.of(world.runners[index]!)
    if (state === undefined || todo !== undefined) return undefined
    if (
      attempt !== undefined &&
      attempt.layer !== 'carried' &&
      attempt.sends.every(({ at }) => at !== 'gate')
    )
      return undefined
    const { does } = this.#model.states.of(state)
    return { rule: 'nothing hangs', about: `${nameOf(index)} waits for nothing while ${does.name}` }
  }

  /** What a run tells its callers. */
  ofEnd(
    world: World,
    index: number,
    { end, state, runner }: Extract<Signal, { is: 'ended' }>,
  ): Violation | undefined {
    const { record } = state.knows
    const about = `${nameOf(index)} is told ${wordOf(end)} of ${textOf(record)}`
    if (end.kind === 'stopped' && end.reason.startsWith('the run met an event that cannot come there'))
      return { rule: 'no state that cannot be', about: `${nameOf(index)}: ${end.reason}` }
    const saysSo = end.kind === 'executed' || (end.kind === 'stopped' && end.outcome === 'executed')
    if (runner.proof !== undefined && !saysSo) return { rule: 'a proof is never taken back', about }
    switch (end.kind) {
      case 'executed':
        return (
          this.#ofExecuted(world, index, end.record, runner.hasFailed, about) ??
          this.#ofOldResult(world, index, end.record, state.knows.recalled, about)
        )
      case 'failed':
        return mayExecute(this.#model.servers.of(world.server), end.record.key)
          ? { rule: 'not executed is true', about }
          : undefined
      case 'stopped':
        return end.outcome === 'not-executed'
          ? this.#ofNotExecuted(world, index, end, state, runner, about)
          : undefined
      default:
        return end satisfies never
    }
  }

  #ofExecuted(
    world: World,
    index: number,
    record: OperationRecord,
    hasFailed: boolean,
    about: string,
  ): Violation | undefined {
    const { servers, records, setting } = this.#model
    const { dropped, effects } = servers.of(world.server)
    if (!effects.some(({ key }) => key === record.key)) return { rule: 'executed is true', about }
    const isOthers = record.fingerprint !== '' && record.fingerprint !== this.#model.fingerprintOf(index)
    if (isOthers && setting.modes[index] !== 'ask') return { rule: 'one payload', about }
    const stored = records.of(world.stored)
    const isKept = stored?.state === 'succeeded' && stored.key === record.key
    // What was cancelled before anything was stored of it has lost its place, also where a hook sends it all the same.
    const isCancelled = stored?.state === 'failed' && stored.key === '' && stored.failure.code === 'sealed'
    return isKept || isCancelled || hasFailed || dropped.includes(lineOf(record))
      ? undefined
      : { rule: 'a proof is kept', about }
  }

  /** Who cannot ask for a result has none that is older than results are kept. */
  #ofOldResult(
    world: World,
    index: number,
    { result, ...record }: OperationRecord & { readonly state: 'succeeded' },
    isRecalled: boolean,
    about: string,
  ): Violation | undefined {
    if (!isRecalled || result === undefined || this.#model.setting.status !== 'none') return undefined
    const { nowAt } = this.#model.readingOf(world.circumstances, index)
    return nowAt >= record.settledAt + REMEMBER_MS
      ? { rule: 'a result is kept for its time', about }
      : undefined
  }

  /** P3. What another process wrote less than a second ago, and since this one looked, nobody can know of. */
  #ofNotExecuted(
    world: World,
    index: number,
    end: StoppedEnd,
    { knows: { record, heard } }: RunState,
    { sight }: Runner,
    about: string,
  ): Violation | undefined {
    const { servers, records, circumstances, setting } = this.#model
    const { at, wall, mono } = circumstances.of(world.circumstances)
    const server = servers.of(world.server)
    // A proof is of one key, whatever others begin after it.
    if (record?.state === 'failed' && record.key !== '')
      return mayExecute(server, record.key) ? { rule: 'not executed is true', about } : undefined
    const line = record === undefined || record.key === '' ? undefined : lineOf(record)
    const own = this.#model.fingerprintOf(index)
    // Of what was dropped by force nobody knows what others began after it, unless the number of a generation tells; and
    // by clocks that are off others may have taken over what its holder believes to hold.
    const hasSeenNext = record !== undefined && (heard.stored?.generation ?? 0) > record.generation
    const areClocksOff = wall.some(ms => ms !== 0) || mono.some(ms => ms !== 0)
    const hasLookedSince = sight !== 'old'
    const isAbout = (sent: Sent) => {
      const isOfLine = server.dropped.includes(sent.line)
        ? hasSeenNext || (sent.key === record?.key && !areClocksOff)
        : line === undefined || sent.line === line
      const isOfPayload = this.#model.fingerprintOf(sent.by) === own
      return isOfLine && isOfPayload && (sent.by === index || hasLookedSince || at >= sent.at + JUST_NOW_MS)
    }
    if (server.effects.some(isAbout)) return { rule: 'not executed is true', about }
    if (underWay(server).some(isAbout)) return { rule: 'not executed while it may be executed yet', about }
    const stored = records.of(world.stored)
    if (stored === undefined || !isOpen(stored) || lineOf(stored) !== line || stored.fingerprint !== own)
      return undefined
    const { nowAt } = this.#model.readingOf(world.circumstances, index)
    const { lease, request, writer } = stored
    const isHeld = lease !== undefined && lease.runner !== nameOf(index) && lease.until > nowAt
    const isJustHeld = isHeld && nowAt < lease.until - leaseMs(TIMEOUT_MS) + JUST_NOW_MS
    if (isHeld && (hasLookedSince || !isJustHeld))
      return { rule: 'not executed while another holds it', about }
    if (hasLookedSince && request?.isQueued === true && end.code !== 'payload-mismatch')
      return { rule: 'not executed while it is enqueued', about }
    const isOwn = writer.runner === nameOf(index)
    const wouldBeSent = request !== undefined && (!mayHaveExecuted(stored) || setting.keys)
    return wouldBeSent && isOwn && end.code !== 'payload-mismatch'
      ? { rule: 'not executed while a resume would send it', about }
      : undefined
  }
}

function hasExecuted({ effects }: Server, key: string): boolean {
  return effects.some(effect => effect.key === key)
}

/** It was executed, or may be without anybody doing more for it. */
function mayExecute(server: Server, key: string): boolean {
  return hasExecuted(server, key) || underWay(server).some(one => one.key === key)
}

/** What is on its way to the server, and what the server is at. */
function underWay({ air, memory }: Server): readonly Sent[] {
  const isSealed = (key: string) => memory.some(one => one.key === key && one.is === 'sealed')
  const onItsWay = air.filter(({ answer, key }) => answer === undefined && !isSealed(key))
  return [...onItsWay, ...memory.filter(({ is }) => is === 'working' || is === 'hidden')]
}

function textOf(record: OperationRecord | undefined): string {
  if (record === undefined) return 'nothing'
  const { key, generation, state } = record
  const doubts = record.ambiguous > 0 ? `, ${record.ambiguous} in doubt` : ''
  const flight =
    isOpen(record) && record.inFlight !== undefined ? `, ${record.inFlight.runner} in flight` : ''
  const lease = isOpen(record) && record.lease !== undefined ? `, held by ${record.lease.runner}` : ''
  return `${state} ${key === '' ? 'without a key' : key} (${generation}${doubts}${flight}${lease})`
}

function wordOf(end: End): string {
  return end.kind === 'stopped' ? `${end.outcome} (${end.code}: ${end.reason})` : end.kind
}
