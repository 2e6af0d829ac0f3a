import { expect, test } from 'vitest'
import { neverSent } from '../../src/core/record/tombstone.ts'
import { START, pendingRecord } from './samples.ts'
import { atByte, atGate, refusal, steppedRun } from './stepped-run.ts'

/* A hook sends the operation by itself, beside the gate: it may have executed. The model check found each of these. */

const since = { nowAt: START, monotonicMs: 0 }

test.each([
  ['before the next send', atGate(2, 1)],
  ['before another answer', refusal(1)],
])('what leaves after a refusal, %s, takes the proof away', (_, event) => {
  const { take, written, done, state } = steppedRun()
  take(atGate(1))
  written()()
  take(atByte)
  take(refusal())
  expect(state().knows.record).toMatchObject({ state: 'failed' })

  take(event)
  take({ type: 'carried', failure: undefined })
  take({ type: 'landed', foreignHeads: 0, failure: undefined })

  expect(state().knows.record?.state).toBe('pending')
  expect(state().knows.record?.ambiguous).toBeGreaterThan(0)
  expect(done()).not.toContainEqual({ do: 'write', record: expect.objectContaining({ state: 'failed' }) })
})

test('who sees that it was cancelled before it began says nothing of what left all the same', () => {
  const { take, done } = steppedRun()
  take(atGate(1))
  const cancelled = neverSent(undefined, pendingRecord(), START)
  take({ type: 'lost', heard: { stored: cancelled, since } })
  take({ type: 'carried', failure: undefined })
  take({ type: 'landed', foreignHeads: 1, failure: undefined })

  take({ type: 'read', heard: { stored: cancelled, since } })

  const end = { kind: 'stopped', code: 'sealed', outcome: 'unknown' }
  expect(done()).toContainEqual({ do: 'end', end: expect.objectContaining(end) })
})

test('what leaves while a send is written ahead is a doubt of what was written', () => {
  const { take, written, state } = steppedRun()
  take(atGate(1))
  const acknowledge = written()
  take({ type: 'stop', request: 'aborted' })
  take(atGate(2, 1))

  acknowledge()

  expect(state().knows.record).toMatchObject({ state: 'pending', sent: 1, ambiguous: 1 })
})

test('a key is as old as the attempt in which a hook sent it, whenever that is told', () => {
  const { take, state } = steppedRun()
  take(atGate(1, 1), 86_000_000)

  expect(state().knows.record).toMatchObject({ firstSentAt: START, ambiguous: 1 })
})
