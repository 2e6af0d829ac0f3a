import type { OpenRecord, OperationRecord } from '../../src/core/record/operation-record.ts'
import { isOpen, lineAfter, lineOf } from '../../src/core/record/operation-record.ts'
import type { StopRequest } from '../../src/core/run/run-mode.ts'
import { nameOf } from './model.ts'
import type { Place, Scene } from './scene.ts'
import { sorted } from './scene.ts'

/*
 * What is changed in the store from outside of a run: `forget`, `conclude`, `cancel`, `clear` and `enqueue`, each by somebody in
 * another process, and where a run of the same process is told of it, beside that run too.
 */

export function movesOfOperator(scene: Scene): void {
  const { stored } = scene
  if (!scene.mayFail) return
  movesOfCancel(scene, stored)
  if (scene.model.setting.persist === 'request') movesOfEnqueue(scene, stored)
  if (stored === undefined) return
  movesOfClear(scene, stored)
  if (stored.key === '') return
  movesOfForget(scene, stored)
  movesOfConclusion(scene, stored)
}

/** By somebody elsewhere, and by somebody in each process that has a run. */
function everywhere(scene: Scene, label: string, place: Place, told: StopRequest | 'nudged'): void {
  scene.add(`${label} elsewhere`, place)
  const event = () =>
    told === 'nudged' ? { type: 'nudged' as const } : { type: 'stop' as const, request: told }
  for (const [index, runner] of scene.runners.entries()) {
    if (!scene.isLive(runner)) continue
    scene.add(`${label} beside ${nameOf(index)}`, scene.feed(place, index, { name: told, event }))
  }
}

/** The number of what an operator makes of the stored record. */
function made(
  scene: Scene,
  what: string,
  record: OperationRecord | undefined,
  make: (nowAt: number) => OperationRecord,
): number {
  const { nowAt } = scene.readingOf(0)
  const before = record?.writer.runner === 'operator' ? record.writer.write : 0
  const writer = { runner: 'operator', write: before + 1 }
  return scene.model.recordBy(`${what} ${scene.world.stored} ${nowAt}`, () => ({ ...make(nowAt), writer }))
}

function movesOfForget(scene: Scene, stored: OperationRecord): void {
  const { tombstone } = scene.model.subject
  const id = made(scene, 'forgotten', stored, nowAt => tombstone(stored, nowAt))
  const world = scene.withServer(scene.faulty, { dropped: withLine(scene, stored) })
  everywhere(scene, 'it is forgotten', scene.write(world, undefined, id), 'forgotten')
}

function withLine({ server }: Scene, record: OperationRecord): readonly string[] {
  return [...new Set([...server.dropped, lineOf(record)])].toSorted()
}

/** What is said is true: what was not executed is not executed later either. */
function movesOfConclusion(scene: Scene, stored: OperationRecord): void {
  const { key } = stored
  const isExecuted = scene.server.effects.some(effect => effect.key === key)
  if (isExecuted && stored.state !== 'succeeded') {
    const told = { kind: 'executed' as const, result: undefined }
    const id = learnt(scene, 'executed', stored, told)
    everywhere(scene, 'it is concluded as executed', scene.write(scene.faulty, undefined, id), 'nudged')
  }
  if (isExecuted || !isOpen(stored) || !mayBeRuledOut(scene, stored)) return
  for (const code of ['rejected', 'sealed'] as const) {
    const told = { kind: 'not-executed' as const, failure: { code, reason: code } }
    const id = learnt(scene, code, stored, told)
    const label = code === 'sealed' ? 'it is cancelled' : 'it is concluded as not executed'
    everywhere(
      scene,
      label,
      scene.write(sealed(scene, stored), undefined, id),
      code === 'sealed' ? 'sealed' : 'nudged',
    )
  }
}

function learnt(
  scene: Scene,
  what: string,
  stored: OperationRecord,
  told: Extract<Parameters<typeof scene.model.subject.transition>[1], { kind: 'learn' }>['told'],
): number {
  const { transition } = scene.model.subject
  return made(scene, what, stored, nowAt => transition(stored, { kind: 'learn', told }, nowAt))
}

/**
 * A server with keys refuses the key from then on. Of one without nobody can say that nothing was executed while something
 * may be on its way.
 */
function mayBeRuledOut({ server, model, runners }: Scene, stored: OpenRecord): boolean {
  if (server.memory.some(one => one.key === stored.key && one.is !== 'sealed')) return false
  if (model.setting.keys) return true
  const hasLeft = runners.some(({ attempt }) => attempt?.sends.some(({ at }) => at !== 'gate') === true)
  return stored.inFlight === undefined && server.air.length === 0 && !hasLeft
}

function sealed(scene: Scene, stored: OperationRecord) {
  const { key } = stored
  const seal = { key, line: lineOf(stored), by: -1, at: 0, is: 'sealed' as const }
  const memory = sorted([...scene.server.memory.filter(one => one.key !== key), seal])
  return scene.withServer(scene.faulty, { memory })
}

const REQUEST = { url: 'https://shop.test/orders', headers: {}, body: 'e30=' }

/** What is open is sent from then on, whoever has begun it; where it has failed, a next generation is there to be sent. */
function movesOfEnqueue(scene: Scene, stored: OperationRecord | undefined): void {
  const { keptToSend, newRecord } = scene.model.subject
  const label = 'it is enqueued elsewhere'
  if (stored !== undefined && isOpen(stored)) {
    if (stored.request?.isQueued === true) return
    const same = { request: REQUEST, bodyHash: 'bytes', target: stored.target, comparesBytes: false }
    const kept = keptToSend(stored, same, scene.readingOf(0).nowAt)
    if ('reason' in kept) return
    const id = made(scene, 'enqueued', stored, () => kept)
    scene.add(label, scene.write(scene.faulty, undefined, id))
  } else if (stored?.state === 'failed') {
    const generation = stored.generation + 1
    const id = made(scene, 'enqueued anew', stored, at =>
      newRecord({
        v: 1,
        scope: stored.scope,
        name: stored.name,
        id: stored.id,
        target: stored.target,
        generation,
        key: `queued${generation}`,
        line: lineAfter(stored),
        fingerprint: scene.model.fingerprintOf(0),
        bodyHash: 'bytes',
        at,
        request: { ...REQUEST, isQueued: true },
      }),
    )
    scene.add(label, scene.write(scene.faulty, undefined, id))
  }
}

/** Where nothing was sent yet, `cancel` takes the place of the generation that somebody may be about to begin. */
function movesOfCancel(scene: Scene, stored: OperationRecord | undefined): void {
  const isFree = stored === undefined || (stored.state === 'failed' && stored.failure.code === 'forgotten')
  if (!isFree) return
  const { neverSent } = scene.model.subject
  const identity = { scope: 'user-7', name: 'place-order', id: 'cart-42' }
  const id = made(scene, 'never sent', stored, nowAt => neverSent(stored, identity, nowAt))
  // Where a hook has sent it beside the gate all the same, that is dropped by force.
  const sent = scene.server.firstSent.length === 0 ? [] : scene.server.air.map(({ line }) => line)
  const executed = scene.server.effects.map(({ line }) => line)
  const dropped = [...new Set([...scene.server.dropped, ...sent, ...executed])].toSorted()
  const world = scene.withServer(scene.faulty, { dropped })
  scene.add('it is cancelled before it begins', scene.write(world, undefined, id))
}

/** What is settled goes, and what is open shrinks, under the name of who wrote it last; by force all of it goes. */
function movesOfClear(scene: Scene, stored: OperationRecord): void {
  const gone = scene.gone(scene.withServer(scene.faulty, { dropped: withLine(scene, stored) }))
  if (!isOpen(stored)) return scene.add('the store is cleared', gone)
  scene.add('the store is cleared by force', gone)
  if (stored.request === undefined && stored.statusUrl === undefined) return undefined
  const { shrunk } = scene.model.subject
  const id = scene.model.recordBy(`shrunk ${scene.world.stored}`, () => shrunk(stored))
  return scene.add('the store is cleared', scene.write(scene.faulty, undefined, id))
}
