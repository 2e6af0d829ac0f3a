import { Model } from './model.ts'
import { Moves } from './moves.ts'
import type { Setting } from './setting.ts'
import type { Subject } from './subject.ts'
import { Visited } from './visited.ts'

export type Broken = { readonly rule: string; readonly about: string; readonly history: readonly string[] }

export type Walk = {
  /** Each world once, whichever way it was come to. */
  readonly worlds: number
  readonly moves: number
  /** How often the machine was asked something that it had not been asked before. */
  readonly steps: number
  /** All worlds within the bounds were walked through. */
  readonly isComplete: boolean
  /** Of one processor, whatever else it did meanwhile. */
  readonly cpuSeconds: number
  /** One history for each promise that was broken: the shortest. */
  readonly broken: readonly Broken[]
}

export type WalkOptions = {
  /** Ends there, incomplete. */
  readonly mostWorlds?: number
  /** Ends once this promise is broken. */
  readonly until?: string
}

/** Goes through all worlds of a setting, those that are near first, so that what is found is found by a shortest history. */
export function walk(setting: Setting, subject: Subject, options: WalkOptions = {}): Walk {
  const { mostWorlds = Number.POSITIVE_INFINITY, until } = options
  const model = new Model(setting, subject)
  const moves = new Moves(model)
  const visited = new Visited(setting.modes.length)
  const broken = new Map<string, Broken>()
  const cpu = process.cpuUsage()
  let moveCount = 0
  visited.add(model.first(), -1, 0)
  let next = 0
  for (; next < visited.size && visited.size < mostWorlds; next++) {
    const all = moves.of(visited.at(next))
    moveCount += all.length
    for (const [index, { to }] of all.entries()) {
      if (!('rule' in to)) visited.add(to, next, index)
      else if (!broken.has(to.rule))
        broken.set(to.rule, { ...to, history: historyTo(visited, moves, next, index) })
    }
    if (until !== undefined && broken.has(until)) break
  }
  return {
    worlds: visited.size,
    moves: moveCount,
    steps: moves.running.count,
    isComplete: next === visited.size,
    cpuSeconds: process.cpuUsage(cpu).user / 1_000_000,
    broken: [...broken.values()],
  }
}

/** The moves by which a world was first come to, and the last one out of it. */
function historyTo(visited: Visited, moves: Moves, last: number, lastMove: number): readonly string[] {
  const labels: string[] = []
  let [world, move] = [last, lastMove]
  for (;;) {
    labels.push(moves.of(visited.at(world))[move]!.label)
    if (world === 0) return labels.toReversed()
    ;[world, move] = visited.before(world)
  }
}
