import type { OperationRecord } from '../../src/core/record/operation-record.ts'
import { isOpen } from '../../src/core/record/operation-record.ts'
import type { StoreFault } from '../../src/core/run/store-look.ts'
import type { RunActivity } from '../../src/core/run/run-state.ts'
import { nameOf } from './model.ts'
import type { Place, Scene } from './scene.ts'
import { textOfReading } from './texts.ts'
import { changedWhere } from './changed-where.ts'
import type { Reading, Runner, Send, Todo, World } from './world.ts'

/* Reads and writes as engine/stored/journal.ts makes them: compare-and-set, and a look at what a write came to. */

const FAULT: StoreFault = {
  reason: 'the store failed',
  isCorrupt: false,
  isMissing: false,
  isUnread: false,
  cause: 'failed',
  told: 'failed',
}

const CORRUPT: StoreFault = { ...FAULT, isCorrupt: true }

// --- reads ---

export function movesOfRead(scene: Scene, index: number, runner: Runner, since: Reading): void {
  const who = nameOf(index)
  const { stored } = scene.world
  scene.add(`${who} reads`, read(scene, scene.world, index, stored, since, { sight: 'current' }))
  if (!scene.mayFail) return
  const { heard } = scene.knowsOf(runner)
  const failed = { todo: undefined, hasFailed: true }
  scene.add(
    `${who} cannot read`,
    scene.feed(scene.faulty, index, {
      name: 'cannot read',
      event: () => ({ type: 'unread', fault: FAULT, heard }),
      changes: failed,
    }),
  )
  // The version of what cannot be understood is known, and nothing else of it.
  scene.add(
    `${who} reads what it does not understand`,
    scene.feed(scene.faulty, index, {
      name: `does not understand ${textOfReading(since)}`,
      event: () => ({ type: 'unread', fault: CORRUPT, heard: { stored: undefined, since } }),
      changes: { ...failed, sight: 'not-understood' },
    }),
  )
  const slow: Todo = { is: 'slow-read', stored, since, isDue: false }
  scene.add(
    `${who} reads, and the store takes long to tell`,
    scene.withRunner(scene.faulty, index, { sight: 'current', todo: slow }),
  )
}

/** What was read comes to the runner. */
export function read(
  scene: Scene,
  world: World,
  index: number,
  stored: number,
  since: Reading,
  changes: Partial<Runner> = {},
): Place {
  return scene.feed(world, index, {
    name: `read ${stored} ${textOfReading(since)}`,
    event: () => ({ type: 'read', heard: { stored: scene.model.records.of(stored), since } }),
    changes: { ...changes, todo: undefined },
  })
}

// --- writes ---

export function movesOfWrite(
  scene: Scene,
  index: number,
  runner: Runner,
  { record: id, since }: Extract<Todo, { is: 'write' }>,
): void {
  const { model, world, faulty } = scene
  const who = nameOf(index)
  const record = model.records.of(id)!
  const { heard } = scene.knowsOf(runner)
  if (heard.stored !== undefined && !model.subject.mayFollow(heard.stored, record)) {
    const event = () => ({ type: 'lost' as const, heard })
    const feed = { name: 'may not write', event, changes: { todo: undefined } }
    return scene.add(`${who} may not write`, scene.feed(world, index, feed))
  }
  if (runner.sight === 'not-understood') {
    const event = () => ({ type: 'unwritten' as const, fault: CORRUPT, heard })
    const feed = { name: 'overwrites nothing', event, changes: { todo: undefined } }
    return scene.add(`${who} overwrites nothing`, scene.feed(world, index, feed))
  }
  if (runner.sight !== 'current') return scene.add(`${who} writes, and another was first`, lost(scene, index))
  const write = runner.writes + 1
  const writtenId = model.recordBy(`${id} by ${who} ${write}`, () => ({
    ...record,
    writer: { runner: who, write },
  }))
  const { does } = model.states.of(runner.state ?? 0)
  const done = afterWrite(index, runner, does, model.records.of(writtenId)!)
  scene.add(
    `${who} writes ${record.state}`,
    written(scene, scene.write(world, index, writtenId), index, writtenId, since, done),
  )
  if (!scene.mayFail) return undefined
  const fails = (what: string, to: Place) => scene.add(`${who} writes ${record.state}${what}`, to)
  const sunk = scene.write(faulty, index, writtenId)
  const back: Todo = { is: 'read-back', written: writtenId }
  fails(
    ', and the acknowledgement is lost',
    withRunner(scene, sunk, index, { ...done, sight: 'old', todo: back }),
  )
  fails(', and can neither see nor read that', unread(scene, sunk, index, { ...done, sight: 'old' }))
  const slow: Todo = { is: 'slow-write', written: writtenId, since, isDue: false }
  fails(', and the store takes long to tell', withRunner(scene, sunk, index, { ...done, todo: slow }))
  fails(' in vain', scene.withRunner(faulty, index, { todo: back }))
  return fails(' in vain, and cannot read', unread(scene, faulty, index, {}))
}

/** What a write that reached the store changes in its runner. */
function afterWrite(
  index: number,
  runner: Runner,
  does: RunActivity,
  record: OperationRecord,
): Partial<Runner> {
  const writes = runner.writes + 1
  const { attempt, first } = runner
  const key = first ?? record.key
  if (does.name !== 'in-flight' || does.flight.stage.name !== 'writing-ahead') return { writes, first: key }
  const { send } = does.flight.stage
  const isSaid = !isOpen(record) || record.inFlight?.runner === nameOf(index)
  const isOfSend = ({ number }: Send) => number === send && isSaid
  const sends = attempt && changedWhere(attempt.sends, isOfSend, { written: record.key })
  return {
    writes,
    attempt: attempt && sends && { ...attempt, sends },
    first: key,
  }
}

function withRunner(scene: Scene, place: Place, index: number, changes: Partial<Runner>): Place {
  return 'rule' in place ? place : scene.withRunner(place, index, changes)
}

/** The acknowledgement comes to the runner. */
export function written(
  scene: Scene,
  place: Place,
  index: number,
  id: number,
  since: Reading,
  changes: Partial<Runner> = {},
): Place {
  const record = scene.model.records.of(id)!
  return scene.feed(place, index, {
    name: `written ${id} ${textOfReading(since)}`,
    event: () => ({ type: 'written', record, heard: { stored: record, since } }),
    changes: { ...changes, todo: undefined },
  })
}

function lost(scene: Scene, index: number): Place {
  const { stored } = scene.world
  const since = scene.readingOf(index)
  return scene.feed(scene.world, index, {
    name: `lost ${stored}`,
    event: () => ({ type: 'lost', heard: { stored: scene.model.records.of(stored), since } }),
    changes: { todo: undefined, sight: 'current' },
  })
}

/** Neither acknowledged nor seen. */
function unread(scene: Scene, place: Place, index: number, changes: Partial<Runner>): Place {
  const { heard } = scene.knowsOf(scene.runners[index]!)
  return scene.feed(place, index, {
    name: `unread write ${changes.writes ?? ''}`,
    event: () => ({ type: 'unwritten', fault: { ...FAULT, isUnread: true }, heard }),
    changes: { ...changes, todo: undefined, hasFailed: true },
  })
}

/** What the store has now tells what a write without an acknowledgement came to. */
export function movesOfReadBack(scene: Scene, index: number, runner: Runner, writtenId: number): void {
  const { model, world } = scene
  const who = nameOf(index)
  const own = model.records.of(writtenId)!.writer
  const writer = scene.stored?.writer
  const since = scene.readingOf(index)
  if (writer?.runner === own.runner && writer.write === own.write)
    return scene.add(
      `${who} reads what it wrote`,
      written(scene, world, index, world.stored, since, { sight: 'current' }),
    )
  if (runner.sight !== 'current') return scene.add(`${who} reads what another wrote`, lost(scene, index))
  const heard = { stored: scene.stored, since }
  return scene.add(
    `${who} reads that it wrote nothing`,
    scene.feed(world, index, {
      name: `unwritten ${world.stored}`,
      event: () => ({ type: 'unwritten', fault: FAULT, heard }),
      changes: { todo: undefined, hasFailed: true },
    }),
  )
}
