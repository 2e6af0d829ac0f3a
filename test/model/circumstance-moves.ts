import { nameOf } from './model.ts'
import type { Scene } from './scene.ts'
import { BEYOND_DEADLINE_MS, BEYOND_LEASE_MS, NAP_MS, RETENTION_MS, SET_BACK_MS } from './setting.ts'
import type { Oddity } from './world.ts'

/* Faults of the clocks, and what changes around a runner. */

/** By how much time may pass while nobody moves. */
const PASSES = [
  ['more than a second passes', NAP_MS],
  ['more than a lease passes', BEYOND_LEASE_MS],
  ['more than the deadline passes', BEYOND_DEADLINE_MS],
  ['more than the life of a key passes', RETENTION_MS],
] as const

const ODDITIES: readonly (readonly [Oddity, string])[] = [
  ['offline', 'is offline'],
  ['another user', 'has another user'],
  ['another account', 'has another account'],
]

export function movesOfCircumstances(scene: Scene): void {
  for (const [index, odd] of scene.circumstances.odd.entries()) {
    if (odd === 'offline' && scene.runners[index]?.todo?.is === 'offline')
      scene.add(`${nameOf(index)} is online again`, withOddity(scene, index, 'nothing', 'free'))
  }
  if (!scene.mayFail || !scene.runners.some(runner => scene.isLive(runner))) return
  for (const [label, ms] of PASSES) scene.add(label, scene.later(scene.faulty, ms))
  for (const [index, runner] of scene.runners.entries()) if (scene.isLive(runner)) movesAt(scene, index)
}

function movesAt(scene: Scene, index: number): void {
  const who = nameOf(index)
  const { wall, mono, odd } = scene.circumstances
  const back = { wall: shifted(wall, index, -SET_BACK_MS) }
  scene.add(`the clock of ${who} is set back`, scene.withCircumstances(scene.faulty, back))
  const asleep = scene.withCircumstances(scene.faulty, { mono: shifted(mono, index, -BEYOND_LEASE_MS) })
  scene.add(`${who} sleeps for more than a lease`, scene.later(asleep, BEYOND_LEASE_MS))
  if (odd[index] !== 'nothing') return
  for (const [oddity, label] of ODDITIES)
    scene.add(`${who} ${label}`, withOddity(scene, index, oddity, 'fault'))
}

function withOddity(scene: Scene, index: number, oddity: Oddity, cost: 'free' | 'fault') {
  const odd = scene.circumstances.odd.map((before, at) => (at === index ? oddity : before))
  return scene.withCircumstances(cost === 'free' ? scene.world : scene.faulty, { odd })
}

function shifted(offsets: readonly number[], index: number, ms: number): readonly number[] {
  return offsets.map((offset, at) => (at === index ? offset + ms : offset))
}
