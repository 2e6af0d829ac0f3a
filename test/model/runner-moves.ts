import { isOpen } from '../../src/core/record/operation-record.ts'
import { asked } from './events.ts'
import { IDLE, nameOf } from './model.ts'
import type { Scene, Place } from './scene.ts'
import { toldAtWork } from './server-moves.ts'
import { BEYOND_LEASE_MS, DEADLINE_MS, NAP_MS } from './setting.ts'
import { movesOfRead, movesOfReadBack, movesOfWrite, read, written } from './store-moves.ts'
import { textOfReading } from './texts.ts'
import type { Reading, Runner, Todo, Told, World } from './world.ts'

/* What a runner does by itself: it is called, is told to stop, and goes on with what it has under way. */

export function movesOfRunner(scene: Scene, index: number, runner: Runner): void {
  const who = nameOf(index)
  if (runner.state === undefined) return movesOfCalls(scene, index, runner)
  if (!scene.isLive(runner)) return undefined
  if (runner.todo !== undefined) movesOfTodo(scene, index, runner, runner.todo)
  if (!scene.mayFail || scene.knowsOf(runner).stop !== undefined) return undefined
  const event = () => ({ type: 'stop' as const, request: 'aborted' as const })
  return scene.add(`${who} is told to stop`, scene.feed(scene.faulty, index, { name: 'stop', event }))
}

function movesOfCalls(scene: Scene, index: number, { calls, writes, keys }: Runner): void {
  if (calls > 1 || (calls > 0 && !scene.mayFail)) return
  const { model } = scene
  const begun = scene.readingOf(index)
  const state = model.states.idOf(model.subject.beginning(begun.monotonicMs + DEADLINE_MS))
  const changes = { ...IDLE, calls: calls + 1, state, begun, writes, keys }
  const world = calls === 0 ? scene.world : scene.faulty
  const event = () => ({ type: 'begun' as const })
  scene.add(
    `${nameOf(index)} is called${calls === 0 ? '' : ' again'}`,
    scene.feed(world, index, { name: 'begun', event, changes }),
  )
}

function movesOfTodo(scene: Scene, index: number, runner: Runner, todo: Todo): void {
  const { world } = scene
  switch (todo.is) {
    case 'read':
      return movesOfRead(scene, index, runner, todo.since)
    case 'slow-read':
      return movesOfSlow(scene, index, todo, () => read(scene, world, index, todo.stored, todo.since))
    case 'write':
      return movesOfWrite(scene, index, runner, todo)
    case 'slow-write':
      return movesOfSlow(scene, index, todo, () => written(scene, world, index, todo.written, todo.since))
    case 'read-back':
      return movesOfReadBack(scene, index, runner, todo.written)
    case 'make-key':
      return movesOfKey(scene, index, runner)
    case 'compare-bytes':
      return movesOfBytes(scene, index)
    case 'ask':
      return movesOfAsk(scene, index, runner, todo.since)
    case 'slow-ask':
      return movesOfSlow(scene, index, todo, () => toldTo(scene, world, index, todo.told, todo.since))
    case 'wait':
      return movesOfWait(scene, index, runner)
    case 'rest':
      return movesOfRest(scene, index, runner)
    case 'offline':
      return movesOfOffline(scene, index, todo.untilMs)
    case 'still':
      return undefined
    default:
      return todo satisfies never
  }
}

/** What takes long comes once time has passed, in which others go on. */
function movesOfSlow(
  scene: Scene,
  index: number,
  todo: Extract<Todo, { isDue: boolean }>,
  comes: () => Place,
): void {
  const who = nameOf(index)
  if (todo.isDue) return scene.add(`what took long comes to ${who}`, comes())
  const due = scene.withRunner(scene.world, index, { todo: { ...todo, isDue: true } })
  scene.add(`${who} waits for more than a second`, scene.later(due, NAP_MS))
  return scene.add(`${who} waits for more than a lease`, scene.later(due, BEYOND_LEASE_MS))
}

/** A callback or the code throws where nothing throws. */
function movesOfThrow(scene: Scene, index: number, what: string): void {
  if (!scene.mayFail) return
  const event = () => ({ type: 'failed' as const, error: 'thrown', mistake: undefined })
  const feed = { name: 'failed', event, changes: { todo: undefined } }
  scene.add(`${nameOf(index)} throws where it ${what}`, scene.feed(scene.faulty, index, feed))
}

const REQUEST = { url: 'https://shop.test/orders', headers: {}, body: 'e30=' }

function movesOfKey(scene: Scene, index: number, runner: Runner): void {
  const { persist } = scene.model.setting
  const keys = runner.keys + 1
  const key = `${nameOf(index)}${keys}`
  const request = persist === 'request' ? REQUEST : undefined
  const event = () => ({ type: 'keyed' as const, key, bodyHash: 'bytes', request })
  const changes = { keys, todo: undefined, hasOtherBytes: false }
  scene.add(`${nameOf(index)} makes a key`, scene.feed(scene.world, index, { name: 'keyed', event, changes }))
  movesOfThrow(scene, index, 'makes a key')
}

function movesOfBytes(scene: Scene, index: number): void {
  const event = () => ({ type: 'compared' as const, bodyHash: 'bytes' })
  const feed = { name: 'compared', event, changes: { todo: undefined, hasOtherBytes: false } }
  scene.add(`${nameOf(index)} has its bytes`, scene.feed(scene.world, index, feed))
  if (scene.mayFail) {
    const others = { ...feed, name: 'compared others', event: () => ({ ...event(), bodyHash: 'others' }) }
    const key = scene.stored?.key
    const hasOtherBytes = scene.server.firstSent.some(one => one.key === key)
    const changes = { todo: undefined, hasOtherBytes }
    scene.add(`${nameOf(index)} has other bytes now`, scene.feed(scene.faulty, index, { ...others, changes }))
  }
  movesOfThrow(scene, index, 'has its bytes')
}

// --- asks ---

function movesOfAsk(scene: Scene, index: number, runner: Runner, since: Reading): void {
  const who = nameOf(index)
  const knows = scene.knowsOf(runner)
  const told = toldOf(scene, knows.record?.key ?? '')
  scene.add(`${who} asks: ${told}`, toldTo(scene, scene.world, index, told, since))
  // Who is to stop waits for no answer.
  const isStopped = knows.stop !== undefined
  if (isStopped || scene.mayFail) {
    const world = isStopped ? scene.world : scene.faulty
    scene.add(`${who} asks, and gets no answer`, toldTo(scene, world, index, undefined, since))
  }
  if (!scene.mayFail) return
  const slow: Todo = { is: 'slow-ask', told, since, isDue: false }
  scene.add(`${who} asks, and the answer takes long`, scene.withRunner(scene.faulty, index, { todo: slow }))
  movesOfThrow(scene, index, 'asks')
}

function toldOf({ server }: Scene, key: string): Told {
  const known = server.memory.find(one => one.key === key)
  if (known?.is === 'executed') return 'executed'
  return known?.is === 'working' ? 'processing' : 'absent'
}

function toldTo(scene: Scene, world: World, index: number, told: Told | undefined, since: Reading): Place {
  const runner = scene.runners[index]!
  const key = scene.knowsOf(runner).record?.key
  const proof = told === 'executed' ? key : runner.proof
  const heard = told === 'processing' ? toldAtWork(scene, world, key ?? '') : world
  return scene.feed(heard, index, {
    name: `asked ${told} ${textOfReading(since)}`,
    event: () => asked(told, since.monotonicMs),
    changes: { todo: undefined, proof },
  })
}

// --- pauses ---

const due = () => ({ type: 'due' as const })

/** Looks again once the store has changed or the other's time is up: in between it would see nothing new. */
function movesOfWait(scene: Scene, index: number, runner: Runner): void {
  const who = nameOf(index)
  const { record, deadlineMs } = scene.knowsOf(runner)
  const { nowAt, monotonicMs } = scene.readingOf(index)
  const until = record !== undefined && isOpen(record) ? (record.lease?.until ?? 0) : 0
  const look = (world: World) =>
    scene.feed(world, index, { name: 'due', event: due, changes: { todo: undefined } })
  if (runner.sight !== 'current' || nowAt >= until || monotonicMs >= deadlineMs)
    return scene.add(`${who} looks again`, look(scene.world))
  // Where nobody else goes on, time passes.
  const isAlone = scene.runners.every(
    (other, at) => at === index || !scene.isLive(other) || other.todo?.is === 'wait',
  )
  if (isAlone)
    scene.add(`${who} waits until the lease is over`, look(scene.later(scene.world, BEYOND_LEASE_MS)))
  return undefined
}

/** Shorter pauses are no time that is told apart. */
const SHORT_MS = 100

function movesOfRest(scene: Scene, index: number, runner: Runner): void {
  const { does } = scene.model.states.of(runner.state ?? 0)
  if (does.name !== 'resting') return
  scene.add(`${nameOf(index)} has rested`, dueAt(scene, index, does.untilMs))
}

/** Time passes until then, where it has not. */
function dueAt(scene: Scene, index: number, untilMs: number): Place {
  const leftMs = Math.max(0, untilMs - scene.readingOf(index).monotonicMs)
  const isLong = leftMs >= SHORT_MS
  const world = isLong ? scene.later(scene.world, Math.ceil(leftMs / SHORT_MS) * SHORT_MS) : scene.world
  const laterMs = isLong ? 0 : leftMs
  return scene.feed(world, index, { name: 'due', event: due, changes: { todo: undefined }, laterMs })
}

/** The network is there again, the device says; or it is time for a try all the same, or for the end. */
function movesOfOffline(scene: Scene, index: number, untilMs: number): void {
  const isOffline = scene.circumstances.odd[index] === 'offline'
  const label = `${nameOf(index)} waits no longer for the network`
  if (isOffline) return scene.add(label, dueAt(scene, index, untilMs))
  const feed = { name: 'due', event: due, changes: { todo: undefined } }
  return scene.add(label, scene.feed(scene.world, index, feed))
}
