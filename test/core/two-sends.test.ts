import { expect, test } from 'vitest'
import type { PendingRecord } from '../../src/core/record/operation-record.ts'
import { START, pendingRecord } from './samples.ts'
import { answered, atByte, atGate, refusal, steppedRun } from './stepped-run.ts'

/* The http layer comes to the gate twice at once in one attempt. The model check found each of these (test/model). */

test('one that is refused at the byte leaves the write of the other under way', () => {
  const { take, written, state } = steppedRun()
  take(atGate(1))
  written()()
  take(atGate(2))
  const acknowledge = written()
  take({ type: 'stop', request: 'aborted' })
  take(atByte)

  acknowledge()

  expect(state().does.name).not.toBe('ended')
})

test('one that is refused at the gate gives the one behind it its turn', () => {
  const { take, written, done } = steppedRun()
  take(atGate(1))
  const acknowledge = written(60_001)
  take(atGate(2))
  take(atGate(3))

  acknowledge()

  expect(done().filter(({ do: what }) => what === 'refuse')).toEqual([
    { do: 'refuse', send: 2, reason: 'claim-lost' },
    { do: 'refuse', send: 3, reason: 'claim-lost' },
  ])
})

test('a refusal of the first says nothing of the generation that another runner began before the second', () => {
  const { take, written, done, state } = steppedRun()
  take(atGate(1))
  written()()
  take(atByte)
  take(atGate(2))
  const next: PendingRecord = pendingRecord({
    generation: 2,
    key: 'key-2',
    line: 'key-1',
    attempts: 1,
    inFlight: { runner: 'tab-2', at: START },
    lease: { runner: 'tab-2', until: START + 60_000 },
    writer: { runner: 'tab-2', write: 1 },
  })
  take({ type: 'lost', heard: { stored: next, since: { nowAt: START, monotonicMs: 0 } } })

  take(refusal())
  take({ type: 'carried', failure: undefined })
  take({ type: 'landed', foreignHeads: 0, failure: undefined })

  expect(done().filter(({ do: what }) => what === 'write')).toEqual([])
  expect(state().knows.record).toMatchObject({ key: 'key-2', state: 'pending' })
})

test('a "not found" proves nothing after a 202 that came while the second was written ahead', () => {
  const { take, written, state } = steppedRun({ honoursKeys: false, hasStatus: true, absentAfterMs: 1_000 })
  take(atGate(1))
  written()()
  take(atByte)
  take(atGate(2))
  const acknowledge = written()
  take(answered(202))

  acknowledge()

  expect(state().knows.record?.state).toBe('pending')
  expect(state().knows.course.progress.isKnownThere).toBe(true)
})
