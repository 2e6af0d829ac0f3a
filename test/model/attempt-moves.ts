import { isOpen, lineOf } from '../../src/core/record/operation-record.ts'
import { nameOf } from './model.ts'
import { FAILURE, messageNumber } from './running.ts'
import type { Place, Scene } from './scene.ts'
import { CANCELLED, RETENTION_MS, TIMEOUT_MS } from './setting.ts'
import type { Attempt, Runner, World } from './world.ts'

/* An attempt as engine/send/attempt.ts and the gate carry it out, up to the byte and after the answer. */

export function movesOfAttempt(scene: Scene, index: number, runner: Runner): void {
  const { attempt } = runner
  if (attempt === undefined || !scene.isLive(runner)) return
  movesOfLayer(scene, index, runner, attempt)
  for (const { number, at } of attempt.sends) if (at === 'byte') movesOfByte(scene, index, attempt, number)
  movesOfTimer(scene, index, runner, attempt)
}

function movesOfLayer(scene: Scene, index: number, runner: Runner, attempt: Attempt): void {
  const who = nameOf(index)
  const { world, faulty, mayFail } = scene
  const { layer, hasFailed } = attempt
  switch (layer) {
    case 'bytes':
      scene.add(
        `${who} makes its request`,
        scene.withRunner(world, index, { attempt: { ...attempt, layer: 'hooks' } }),
      )
      if (mayFail) scene.add(`${who} cannot make its request`, threw(scene, index))
      return
    case 'hooks':
      scene.add(`${who} comes to the gate`, atGate(scene, world, index, runner, attempt))
      if (!mayFail) return
      movesBesideGate(scene, index, runner, attempt)
      scene.add(`a hook of ${who} throws`, back(scene, faulty, index, { ...attempt, hasFailed: true }))
      scene.add(`a hook of ${who} answers`, back(scene, faulty, index, attempt))
      return
    case 'waiting':
      if (!mayFail) return
      movesBesideGate(scene, index, runner, attempt)
      scene.add(`a hook of ${who} sends twice at once`, atGate(scene, faulty, index, runner, attempt))
      scene.add(`${who} is back before its answer`, back(scene, faulty, index, attempt))
      return
    case 'returning':
      scene.add(`${who} is back`, back(scene, world, index, attempt))
      if (!mayFail) return
      movesBesideGate(scene, index, runner, attempt)
      if (hasFailed) return
      scene.add(`a hook of ${who} sends once more`, atGate(scene, faulty, index, runner, attempt))
      break
    case 'carried':
      break
    default:
      return layer satisfies never
  }
}

function threw(scene: Scene, index: number): Place {
  const event = () => ({ type: 'failed' as const, error: 'thrown', mistake: undefined })
  return scene.feed(scene.faulty, index, { name: 'failed', event, changes: { attempt: undefined } })
}

function back(scene: Scene, world: World, index: number, attempt: Attempt): Place {
  const { hasFailed } = attempt
  return scene.feed(world, index, {
    name: `carried ${hasFailed}`,
    event: () => ({ type: 'carried', failure: hasFailed ? FAILURE : undefined }),
    changes: { attempt: { ...attempt, layer: 'carried' } },
  })
}

const REQUEST = { url: 'https://shop.test/orders', headers: {}, body: 'e30=' }

function atGate(scene: Scene, world: World, index: number, runner: Runner, attempt: Attempt): Place {
  const { record } = scene.knowsOf(runner)
  const mayKeep = scene.model.setting.persist === 'request' && record !== undefined && isOpen(record)
  const keeps = mayKeep && (record.request === undefined || record.sent === 0)
  const number = attempt.count + 1
  const sends = [...attempt.sends, { number, at: 'gate' as const, written: undefined }]
  return scene.feed(world, index, {
    name: 'at-gate',
    event: () => ({
      type: 'at-gate',
      send: number,
      foreignHeads: attempt.foreign,
      isAborted: false,
      request: keeps ? REQUEST : undefined,
    }),
    changes: {
      attempt: { ...attempt, layer: 'waiting', sends, count: number, foreign: 0, hasFailed: false },
    },
  })
}

function movesOfByte(scene: Scene, index: number, attempt: Attempt, number: number): void {
  const event = () => ({
    type: 'at-byte' as const,
    send: number,
    hop: false,
    foreignHeads: attempt.foreign,
    isAborted: false,
  })
  const changes = { attempt: { ...attempt, foreign: 0 } }
  scene.add(
    `${nameOf(index)} sends`,
    scene.feed(scene.world, index, { name: `at-byte ${number}`, event, changes }),
  )
}

/**
 * A hook sends the request by itself. Nobody can help it where others have not seen the operation yet, nor without keys
 * once the gate has let the same through, nor under a key that has grown old: there is none of that here.
 */
function movesBesideGate(scene: Scene, index: number, runner: Runner, attempt: Attempt): void {
  const { setting, states } = scene.model
  const { does } = states.of(runner.state ?? 0)
  if (setting.modes.length > 1 || does.name !== 'in-flight') return
  const { key, generation } = does.flight
  const { record } = scene.knowsOf(runner)
  const line = record?.key === key ? lineOf(record) : key
  // What was cancelled before it began and is sent all the same counts as an operation of its own.
  const isCancelled = scene.stored?.key === ''
  const first = scene.server.firstSent.find(one => one.key === key)
  const isOld = first !== undefined && scene.circumstances.at >= first.at + RETENTION_MS
  if (isOld || (first !== undefined && !setting.keys)) return
  const world = scene.withRunner(scene.faulty, index, {
    attempt: { ...attempt, foreign: attempt.foreign + 1 },
  })
  scene.add(
    `a hook of ${nameOf(index)} sends beside the gate`,
    scene.sent(world, index, -messageNumber(runner, 9), {
      key,
      generation,
      line: isCancelled ? `${line}${CANCELLED}` : line,
    }),
  )
}

/** Its time is up: by itself once it has passed, and else as a fault that lets it pass. */
function movesOfTimer(scene: Scene, index: number, runner: Runner, { layer, timedMs }: Attempt): void {
  const { knows, does } = scene.model.states.of(runner.state ?? 0)
  if (layer === 'bytes' || does.name !== 'in-flight' || does.flight.isOver) return
  const timeMs = Math.max(0, Math.min(TIMEOUT_MS, knows.deadlineMs - timedMs))
  const isDue = scene.readingOf(index).monotonicMs >= timedMs + timeMs
  if (!isDue && !scene.mayFail) return
  const world = isDue ? scene.world : scene.later(scene.faulty, TIMEOUT_MS)
  const event = () => ({ type: 'overdue' as const })
  scene.add(`${nameOf(index)} has no time left`, scene.feed(world, index, { name: 'overdue', event }))
}
