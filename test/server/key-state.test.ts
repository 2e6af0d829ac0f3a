import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decide } from '../../src/server/core/decide.ts'
import { bornMemory } from '../../src/server/core/memory.ts'
import type { KeyEvent, KeyRecord, StoredAnswer } from '../../src/server/core/key-state.ts'
import { nextKeyState } from '../../src/server/core/key-state.ts'
import { readRecord, writeRecord } from '../../src/server/keys/key-text.ts'

const written = { owner: 'a', write: 1, createdAt: 1_000, changedAt: 1_000, fingerprint: 'f' }
const answer = (status: number): StoredAnswer => ({ status, headers: [], body: 'x', form: 'text' })
const processing: KeyRecord = {
  ...written,
  state: 'processing',
  fence: 1,
  leaseUntil: 2_000,
  resumable: false,
}
const resumable: KeyRecord = { ...processing, resumable: true }
const takenOver: KeyRecord = { ...resumable, fence: 2 }
const unknown: KeyRecord = { ...written, state: 'unknown', fence: 1, resumable: false, reason: 'it threw' }
const unknownResumable: KeyRecord = { ...unknown, resumable: true }
const succeeded: KeyRecord = { ...written, state: 'succeeded', answer: answer(201) }
const refused: KeyRecord = { ...written, state: 'failed', why: 'refused', answer: answer(402) }
const sealed: KeyRecord = { ...written, state: 'failed', why: 'sealed' }

const claim = (isResumable: boolean): KeyEvent => ({
  kind: 'claim',
  fingerprint: 'f',
  leaseMs: 100,
  resumable: isResumable,
})
const complete = (status: number, keep = true): KeyEvent => ({
  kind: 'complete',
  answer: answer(status),
  keep,
})

describe('the state of a key', () => {
  // Who writes: `a` is the holder, `b` another. At 1,500 the lease holds, at 2,000 it has lapsed.
  test.each<[string, KeyRecord | undefined, KeyEvent, 'a' | 'b', number, string]>([
    ['nothing is claimed', undefined, claim(false), 'a', 1_500, 'processing'],
    ['a held claim is not taken', resumable, claim(true), 'b', 1_999, 'refused'],
    ['a lapsed claim is not taken', processing, claim(true), 'b', 2_000, 'refused'],
    ['a lapsed resumable claim is not taken by who is not', resumable, claim(false), 'b', 2_000, 'refused'],
    ['a lapsed resumable claim is taken', resumable, claim(true), 'b', 2_000, 'processing'],
    ['what is unknown is not run again', unknown, claim(true), 'b', 2_000, 'refused'],
    ['what is unknown and resumable is', unknownResumable, claim(true), 'b', 1_500, 'processing'],
    [
      'a stored 500 is not, resumable or not',
      { ...unknownResumable, answer: answer(500) },
      claim(true),
      'b',
      2_000,
      'refused',
    ],
    ['a success is not claimed', succeeded, claim(true), 'b', 9_000, 'refused'],
    ['a sealed key is not claimed', sealed, claim(true), 'b', 9_000, 'refused'],
    ['the holder renews', processing, { kind: 'renew', leaseMs: 100 }, 'a', 1_500, 'processing'],
    ['another does not', processing, { kind: 'renew', leaseMs: 100 }, 'b', 1_500, 'refused'],
    ['what was given up is not renewed', unknown, { kind: 'renew', leaseMs: 100 }, 'a', 1_500, 'refused'],
    ['the holder completes', processing, complete(201), 'a', 1_500, 'succeeded'],
    ['the holder completes late', processing, complete(201), 'a', 9_000, 'succeeded'],
    ['the holder completes what it had given up', unknown, complete(201), 'a', 9_000, 'succeeded'],
    ['another does not complete', processing, complete(201), 'b', 1_500, 'refused'],
    ['nothing is completed without a claim', undefined, complete(201), 'a', 1_500, 'refused'],
    ['a success is not completed again', succeeded, complete(500), 'a', 1_500, 'refused'],
    ['a 4xx has failed', processing, complete(402), 'a', 1_500, 'failed'],
    ['a 4xx that is not kept is free', processing, complete(402, false), 'a', 1_500, 'nothing'],
    ['a 2xx that is not kept has succeeded', processing, complete(201, false), 'a', 1_500, 'succeeded'],
    ['a 500 is unknown', processing, complete(500), 'a', 1_500, 'unknown'],
    ['a redirect is a success', processing, complete(303), 'a', 1_500, 'succeeded'],
    ['a throw is unknown', processing, { kind: 'lose', reason: 'it threw' }, 'a', 1_500, 'unknown'],
    ['the holder frees the key', processing, { kind: 'release' }, 'a', 1_500, 'nothing'],
    ['another does not', processing, { kind: 'release' }, 'b', 9_000, 'refused'],
    ['who took over frees no key', takenOver, { kind: 'release' }, 'a', 1_500, 'unknown'],
    ['the 4xx of who took over proves nothing', takenOver, complete(402), 'a', 1_500, 'unknown'],
    ['nor does one that is not kept', takenOver, complete(402, false), 'a', 1_500, 'unknown'],
    ['the success of who took over does', takenOver, complete(201), 'a', 1_500, 'succeeded'],
    ['nothing is sealed', undefined, { kind: 'seal' }, 'b', 1_500, 'failed'],
    ['a lapsed claim is not sealed', resumable, { kind: 'seal' }, 'b', 9_000, 'refused'],
    ['what is unknown is not sealed', unknown, { kind: 'seal' }, 'b', 9_000, 'refused'],
    [
      'what is unknown is concluded',
      unknown,
      { kind: 'conclude', outcome: 'executed' },
      'b',
      1_500,
      'succeeded',
    ],
    [
      'a lapsed claim is concluded',
      processing,
      { kind: 'conclude', outcome: 'not-executed' },
      'b',
      2_000,
      'failed',
    ],
    [
      'a held claim is not concluded',
      processing,
      { kind: 'conclude', outcome: 'executed' },
      'b',
      1_999,
      'refused',
    ],
    ['nothing is concluded', undefined, { kind: 'conclude', outcome: 'executed' }, 'b', 1_500, 'succeeded'],
    [
      'a success cannot be undone',
      succeeded,
      { kind: 'conclude', outcome: 'not-executed' },
      'b',
      1_500,
      'refused',
    ],
    ['a refusal cannot be undone', refused, { kind: 'conclude', outcome: 'executed' }, 'b', 1_500, 'refused'],
  ])('%s', (_, before, event, owner, nowAt, after) => {
    const change = nextKeyState(before, event, { owner, write: 2, nowAt })
    const state = change.kind === 'write' ? (change.record?.state ?? 'nothing') : 'refused'
    expect(state).toBe(after)
  })

  test('what a run left open that took over is run again, with a higher fence', () => {
    const left = nextKeyState(takenOver, complete(402), { owner: 'a', write: 2, nowAt: 1_500 })
    const record = left.kind === 'write' ? left.record : undefined
    expect(record).toMatchObject({ state: 'unknown', fence: 2, resumable: true })
    expect(record).not.toHaveProperty('answer')
    expect(nextKeyState(record, claim(true), { owner: 'b', write: 1, nowAt: 1_600 })).toMatchObject({
      kind: 'write',
      record: { state: 'processing', fence: 3 },
    })
  })

  test('a takeover raises the fence and keeps when it began', () => {
    expect(nextKeyState(resumable, claim(true), { owner: 'b', write: 1, nowAt: 3_000 })).toEqual({
      kind: 'write',
      record: {
        state: 'processing',
        owner: 'b',
        write: 1,
        createdAt: 1_000,
        changedAt: 3_000,
        fingerprint: 'f',
        fence: 2,
        leaseUntil: 3_100,
        resumable: true,
      },
    })
  })
})

describe('whatever happens to a key', () => {
  const owner = fc.constantFrom('a', 'b', 'c')
  const event: fc.Arbitrary<KeyEvent> = fc.oneof(
    fc.boolean().map(claim),
    fc.constant<KeyEvent>({ kind: 'renew', leaseMs: 100 }),
    fc.tuple(fc.constantFrom(201, 402, 500), fc.boolean()).map(([status, keep]) => complete(status, keep)),
    fc.constant<KeyEvent>({ kind: 'lose', reason: 'it threw' }),
    fc.constant<KeyEvent>({ kind: 'release' }),
    fc.constant<KeyEvent>({ kind: 'seal' }),
    fc
      .constantFrom('executed' as const, 'not-executed' as const)
      .map((outcome): KeyEvent => ({ kind: 'conclude', outcome })),
  )
  const steps = fc.array(fc.record({ owner, event, passedMs: fc.constantFrom(0, 50, 200) }), {
    maxLength: 30,
  })

  test('a settled key never changes, only its holder ends a claim, and nothing runs twice but what is resumable', () => {
    fc.assert(
      fc.property(steps, all => {
        let record: KeyRecord | undefined
        let nowAt = 1_000
        let runs: { readonly resumable: boolean }[] = []
        for (const [index, step] of all.entries()) {
          nowAt += step.passedMs
          const change = nextKeyState(record, step.event, { owner: step.owner, write: index, nowAt })
          if (change.kind === 'refused') continue
          const after = change.record
          const isSettled = record?.state === 'succeeded' || record?.state === 'failed'
          const isHolders = ['renew', 'complete', 'lose', 'release'].includes(step.event.kind)
          if (step.event.kind === 'claim') runs.push(step.event)
          expect({
            settledStays: !isSettled || after === record,
            byItsHolder: !isHolders || record?.owner === step.owner,
            runsOnce: runs.length < 2 || runs.every(run => run.resumable),
          }).toEqual({ settledStays: true, byItsHolder: true, runsOnce: true })
          // Only the holder's own word, or a policy on its refusal, frees a key.
          if (after === undefined) runs = []
          record = after
        }
      }),
      { numRuns: 5_000 },
    )
  })

  test.each([
    [
      { ...processing, owner: 'a".1', fingerprint: 'é\n' },
      '{"v":1,"owner":"a\\".1","write":1,"createdAt":1000,"changedAt":1000,"fingerprint":"é\\n","state":"processing","fence":1,"leaseUntil":2000,"resumable":false}',
    ],
    [
      succeeded,
      '{"v":1,"owner":"a","write":1,"createdAt":1000,"changedAt":1000,"fingerprint":"f","state":"succeeded","answer":{"status":201,"headers":[],"body":"x","form":"text"}}',
    ],
    [
      {
        ...succeeded,
        answer: { ...answer(201), headers: [['x-a', '"']] as const, body: '{"a":"\ud800"}' },
      },
      '{"v":1,"owner":"a","write":1,"createdAt":1000,"changedAt":1000,"fingerprint":"f","state":"succeeded","answer":{"status":201,"headers":[["x-a","\\""]],"body":"{\\"a\\":\\"\\ud800\\"}","form":"text"}}',
    ],
    [
      { ...written, state: 'succeeded' } as const,
      '{"v":1,"owner":"a","write":1,"createdAt":1000,"changedAt":1000,"fingerprint":"f","state":"succeeded"}',
    ],
    [
      { ...written, fingerprint: undefined, state: 'succeeded' } as const,
      '{"v":1,"owner":"a","write":1,"createdAt":1000,"changedAt":1000,"state":"succeeded"}',
    ],
    [
      unknown,
      '{"v":1,"owner":"a","write":1,"createdAt":1000,"changedAt":1000,"fingerprint":"f","state":"unknown","fence":1,"resumable":false,"reason":"it threw"}',
    ],
  ])('the text of a record is what other versions write: %#', (record, text) => {
    expect(writeRecord(record)).toBe(text)
  })

  test('a record is read as it was written', () => {
    fc.assert(
      fc.property(steps, all => {
        let record: KeyRecord | undefined
        for (const [index, step] of all.entries()) {
          const change = nextKeyState(record, step.event, {
            owner: step.owner,
            write: index,
            nowAt: index * 90,
          })
          if (change.kind === 'write') record = change.record
          expect(record && readRecord(writeRecord(record))).toEqual(record)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('who is told to execute can claim, and nobody else', () => {
    const records = [undefined, processing, resumable, unknown, unknownResumable, succeeded, refused, sealed]
    for (const record of records)
      for (const isResumable of [true, false])
        for (const nowAt of [1_500, 2_000]) {
          const decision = decide(record, {
            fingerprint: 'f',
            firstSent: undefined,
            resumable: isResumable,
            retentionMs: 1_000,
            memory: bornMemory(0, 1_000),
            nowAt,
          })
          const change = nextKeyState(record, claim(isResumable), { owner: 'b', write: 1, nowAt })
          expect(decision.kind === 'execute').toBe(change.kind === 'write')
        }
  })
})

test.each<[KeyRecord, string]>([
  [processing, 'payload-mismatch'],
  [unknownResumable, 'payload-mismatch'],
  [succeeded, 'payload-mismatch'],
  [refused, 'payload-mismatch'],
  [sealed, 'not-executed'],
])('another payload under a key is never executed: %o', (record, kind) => {
  const facts = {
    fingerprint: 'other',
    firstSent: undefined,
    resumable: true,
    retentionMs: 1_000,
    memory: bornMemory(0, 1_000),
  }
  expect(decide(record, { ...facts, nowAt: 5_000 }).kind).toBe(kind)
})
