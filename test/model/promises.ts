import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import { isOpen, lineOf } from '../../src/core/record/operation-record.ts'
import { mayHaveExecuted } from '../../src/core/record/outcome.ts'
import { isTombstone } from '../../src/core/record/tombstone.ts'
import type { End, StoppedEnd } from '../../src/core/run/end.ts'
import type { RunState } from '../../src/core/run/run-state.ts'
import { nameOf } from './model.ts'
import type { Model } from './model.ts'
import { RETENTION_MS } from './setting.ts'
import type { Server, World } from './world.ts'

/** A promise that was broken. */
export type Violation = { readonly rule: string; readonly about: string }

/** The promises, by what is true in the model. */
export class Promises {
  readonly #model: Model

  constructor(model: Model) {
    this.#model = model
  }

  /** P1: once for each key, and for each line of generations; more than one line only where one was dropped by force. */
  ofEffects({ effects, dropped }: Server): Violation | undefined {
    const lines = effects.map(lineIn)
    if (new Set(lines).size < lines.length) return { rule: 'executed at most once', about: effects.join(' and ') }
    const kept = lines.filter(line => !dropped.includes(line))
    return kept.length > 1 ? { rule: 'executed at most once', about: effects.join(' and ') } : undefined
  }

  /** What is written over what, and that it is true. */
  ofWrite(before: World, next: OperationRecord): Violation | undefined {
    const stored = this.#model.recordOf(before.stored)
    const server = this.#model.servers.of(before.server)
    const about = `${textOf(next)} over ${stored === undefined ? 'nothing' : textOf(stored)}`
    if (stored !== undefined && next.key !== '' && next.key !== stored.key) {
      if (next.generation <= stored.generation) return { rule: 'one key for each generation', about }
      if (stored.state !== 'failed') return { rule: 'a new key only on proof', about }
    }
    if (stored?.state === 'succeeded' && next.key === stored.key && next.state !== 'succeeded')
      return { rule: 'a proof is never taken back', about }
    if (next.state === 'succeeded' && !server.effects.some(effect => keyIn(effect) === next.key))
      return { rule: 'executed is true', about }
    const isRefuted = next.state === 'failed' && !isTombstone(next) && mayExecute(server, next.key)
    return isRefuted ? { rule: 'a new key only on proof', about } : undefined
  }

  /** P2, P4, P5: what leaves was written ahead, with this payload, under a key that the server still knows. */
  ofSend(world: World, index: number, record: OperationRecord): Violation | undefined {
    const { ahead } = this.#model.runners.of(world.runners[index]!)
    const about = `${nameOf(index)} sends ${textOf(record)}`
    if (ahead !== record.key) return { rule: 'written ahead', about }
    if (record.fingerprint !== this.#model.fingerprintOf(index)) return { rule: 'one payload', about }
    const { firstSent } = this.#model.servers.of(world.server)
    const { at } = this.#model.clocks.of(world.clock)
    const first = firstSent.find(({ key }) => key === record.key)
    const isOld = first !== undefined && at >= first.at + RETENTION_MS
    return isOld ? { rule: 'no stale key', about } : undefined
  }

  /** What a runner is at after an event. */
  ofRunner(world: World, index: number): Violation | undefined {
    const { state, todo, attempt } = this.#model.runners.of(world.runners[index]!)
    if (state === undefined || todo !== undefined) return undefined
    if (attempt !== undefined && attempt.phase !== 'at-gate' && attempt.phase !== 'carried') return undefined
    const { does } = this.#model.states.of(state)
    return { rule: 'nothing hangs', about: `${nameOf(index)} waits for nothing while ${does.name}` }
  }

  /** What a run tells its callers. */
  ofEnd(before: World, world: World, index: number, end: End, { knows }: RunState): Violation | undefined {
    const { proof } = this.#model.runners.of(before.runners[index]!)
    const about = `${nameOf(index)} is told ${wordOf(end)} of ${knows.record === undefined ? 'nothing' : textOf(knows.record)}`
    if (end.kind === 'stopped' && end.reason.startsWith('the run came to a state that cannot be'))
      return { rule: 'no state that cannot be', about: `${nameOf(index)}: ${end.reason}` }
    if (proof !== undefined && end.kind !== 'executed') return { rule: 'a proof is never taken back', about }
    switch (end.kind) {
      case 'executed':
        return this.#ofExecuted(world, index, end.record, about)
      case 'failed':
        return mayExecute(this.#model.servers.of(world.server), end.record.key)
          ? { rule: 'not executed is true', about }
          : undefined
      case 'stopped':
        return end.outcome === 'not-executed' ? this.#ofStopped(world, index, end, knows.record, about) : undefined
      default:
        return end satisfies never
    }
  }

  #ofExecuted(world: World, index: number, record: OperationRecord, about: string): Violation | undefined {
    const { effects } = this.#model.servers.of(world.server)
    if (!effects.some(effect => keyIn(effect) === record.key)) return { rule: 'executed is true', about }
    const isOthers = record.fingerprint !== '' && record.fingerprint !== this.#model.fingerprintOf(index)
    const hasPayload = this.#model.setting.modes[index] !== 'ask'
    return isOthers && hasPayload ? { rule: 'one payload', about } : undefined
  }

  #ofStopped(
    world: World,
    index: number,
    end: StoppedEnd,
    record: OperationRecord | undefined,
    about: string,
  ): Violation | undefined {
    const server = this.#model.servers.of(world.server)
    const line = record === undefined || isTombstone(record) ? undefined : lineOf(record)
    const isAbout = (other: string) => (line === undefined ? !server.dropped.includes(other) : other === line)
    if (server.effects.some(effect => isAbout(lineIn(effect)))) return { rule: 'not executed is true', about }
    if (linesAtWork(server).some(isAbout)) return { rule: 'not executed while it may be executed yet', about }
    const stored = this.#model.recordOf(world.stored)
    if (stored === undefined || !isOpen(stored) || lineOf(stored) !== line) return undefined
    const { nowAt } = this.#model.readingOf(this.#model.clocks.of(world.clock), index)
    const { lease, request } = stored
    if (lease !== undefined && lease.runner !== nameOf(index) && lease.until > nowAt)
      return { rule: 'not executed while another holds it', about }
    const wouldBeSent = request !== undefined && (!mayHaveExecuted(stored) || this.#model.setting.keys)
    return wouldBeSent && end.code !== 'payload-mismatch'
      ? { rule: 'not executed while a resume would send it', about }
      : undefined
  }
}

function lineIn(effect: string): string {
  return effect.split('/')[0] ?? ''
}

function keyIn(effect: string): string {
  return effect.split('/')[1] ?? ''
}

/** It was executed, or may be without anybody doing more for it. */
function mayExecute(server: Server, key: string): boolean {
  return server.effects.some(effect => keyIn(effect) === key) || keysAtWork(server).some(one => one.key === key)
}

function linesAtWork(server: Server): readonly string[] {
  return keysAtWork(server).map(({ line }) => line)
}

/** What is on its way to the server, and what the server is at. */
function keysAtWork({ air, memory }: Server): readonly { readonly key: string; readonly line: string }[] {
  const sealed = new Set(memory.filter(({ is }) => is === 'sealed').map(({ key }) => key))
  const onItsWay = air.filter(({ answer, key }) => answer === undefined && !sealed.has(key))
  return [...onItsWay, ...memory.filter(({ is }) => is === 'working')]
}

function textOf(record: OperationRecord): string {
  const { key, generation, state } = record
  const doubts = record.ambiguous > 0 ? `, ${record.ambiguous} in doubt` : ''
  const flight = isOpen(record) && record.inFlight !== undefined ? `, ${record.inFlight.runner} in flight` : ''
  const lease = isOpen(record) && record.lease !== undefined ? `, held by ${record.lease.runner}` : ''
  return `${state} ${key === '' ? 'tombstone' : key} (${generation}${doubts}${flight}${lease})`
}

function wordOf(end: End): string {
  return end.kind === 'stopped' ? `${end.outcome} (${end.code}: ${end.reason})` : end.kind
}
