import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { StatusReading } from '../../src/core/status-answer.ts'
import { readStatus } from '../../src/core/status-answer.ts'
import { answer, emptyBody, htmlPage, json } from './samples.ts'

const body: StatusReading = { kind: 'executed', data: undefined, form: 'body' }
const working: StatusReading = { kind: 'processing' }

describe('a status says that the server is at work', () => {
  test('by 202, whatever its body says', () => {
    expect(readStatus(answer(202, json({ status: 'succeeded' })))).toStrictEqual(working)
  })

  test.each([
    'accepted',
    'in_progress',
    'in progress',
    'In-Progress',
    'inProgress',
    'not_started',
    'notStarted',
    'NotStarted',
    'pending',
    'processing',
    'PROCESSING',
    'queued',
    'running',
    'Running',
    'waiting',
  ])('by the status %s', status => {
    expect(readStatus(answer(200, json({ status })))).toStrictEqual(working)
  })

  test('by a state, where there is no status', () => {
    expect(readStatus(answer(200, json({ state: 'running' })))).toStrictEqual(working)
    expect(readStatus(answer(200, json({ status: null, state: 'running' })))).toStrictEqual(working)
    expect(readStatus(answer(200, json({ status: 'running', state: 'done' })))).toStrictEqual(working)
  })

  test('by done: false, as Google has it', () => {
    expect(readStatus(answer(200, json({ name: 'operations/1', done: false })))).toStrictEqual(working)
  })

  test('in any 2xx', () => {
    expect(readStatus(answer(201, json({ status: 'Running' })))).toStrictEqual(working)
  })
})

describe('a status says that it was executed', () => {
  test.each(['complete', 'completed', 'done', 'finished', 'succeeded', 'Succeeded', 'success', 'successful'])(
    'by the status %s',
    status => {
      expect(readStatus(answer(200, json({ status })))).toStrictEqual(body)
      expect(readStatus(answer(201, json({ status })))).toStrictEqual(body)
    },
  )

  test.each<[string, unknown, StatusReading]>([
    [
      'with its result',
      { status: 'succeeded', result: { order: 9 } },
      { kind: 'executed', data: { order: 9 }, form: 'data' },
    ],
    ['with its response', { status: 'succeeded', response: 7 }, { kind: 'executed', data: 7, form: 'data' }],
    ['with its data', { status: 'succeeded', data: 'x' }, { kind: 'executed', data: 'x', form: 'data' }],
    [
      'with its result before the others',
      { status: 'done', data: 3, response: 2, result: 1 },
      { kind: 'executed', data: 1, form: 'data' },
    ],
    [
      'with a result that is false',
      { status: 'done', result: false, data: 3 },
      { kind: 'executed', data: false, form: 'data' },
    ],
    [
      'with a result that is null: there is none',
      { status: 'done', result: null, data: 3 },
      { kind: 'executed', data: 3, form: 'data' },
    ],
    [
      'by done: true with a response, as Google has it',
      { done: true, response: { order: 9 } },
      { kind: 'executed', data: { order: 9 }, form: 'data' },
    ],
    ['by done: true with nothing', { done: true, error: null }, body],
    ['by a 200 with its own body', { order: 9 }, body],
    ['by a 200 with a status of its own kind', { order: 9, status: 'shipped' }, body],
    ['by a 200 with a status that is no word', { order: 9, status: 3 }, body],
    ['by a 200 with a list', [{ order: 9 }], body],
    ['by a 200 with null', null, body],
    ['by a 200 with a word', 'ok', body],
  ])('%s', (_, said, reading) => {
    expect(readStatus(answer(200, json(said)))).toStrictEqual(reading)
  })

  test('by a 200 without a body, or with text', () => {
    expect(readStatus(answer(200))).toStrictEqual(body)
    expect(readStatus(answer(200, { kind: 'whole', text: 'ok', parsed: 'ok', form: 'other' }))).toStrictEqual(
      body,
    )
  })

  test('by a clear word in any 2xx', () => {
    expect(readStatus(answer(201, json({ status: 'succeeded' })))).toStrictEqual(body)
  })
})

describe('a status says that it was not executed', () => {
  test.each([
    'aborted',
    'canceled',
    'Canceled',
    'cancelled',
    'declined',
    'failed',
    'Failed',
    'failure',
    'rejected',
  ])('by the status %s', status => {
    expect(readStatus(answer(200, json({ status })))).toStrictEqual({
      kind: 'not-executed',
      error: undefined,
    })
  })

  test.each<[string, unknown, unknown]>([
    ['with its error', { status: 'failed', error: { code: 'x' }, reason: 'y' }, { code: 'x' }],
    ['with its reason', { status: 'failed', reason: 'y' }, 'y'],
    ['by done: true with an error, as Google has it', { done: true, error: { code: 5 } }, { code: 5 }],
    ['by done: true with a word that it failed', { done: true, status: 'failed', reason: 'y' }, 'y'],
  ])('%s', (_, said, error) => {
    expect(readStatus(answer(200, json(said)))).toStrictEqual({ kind: 'not-executed', error })
  })
})

describe('a status says that nothing is known of it', () => {
  test.each([404, 410])('by %i', status => {
    expect(readStatus(answer(status, json({ status: 'succeeded' })))).toStrictEqual({ kind: 'absent' })
  })
})

describe('a status says nothing', () => {
  test.each([0, 199, 301, 304, 400, 401, 403, 409, 429, 500, 503])(
    'by %i, whatever its body says',
    status => {
      expect(readStatus(answer(status, json({ status: 'succeeded' })))).toStrictEqual({
        kind: 'inconclusive',
        reason: `the server answered ${status}`,
      })
    },
  )

  test('by a body that was cut', () => {
    const cut = { kind: 'cut', text: '{"status":"succ', why: 'connection' } as const
    expect(readStatus(answer(200, cut))).toStrictEqual({ kind: 'inconclusive', reason: 'the answer was cut' })
  })

  test('by an HTML page', () => {
    expect(readStatus(answer(200, htmlPage))).toStrictEqual({
      kind: 'inconclusive',
      reason: 'an HTML page came instead of data',
    })
  })

  test.each([201, 204, 206, 299])('by %i without a word: only 200 brings the result itself', status => {
    expect(readStatus(answer(status, emptyBody))).toStrictEqual({
      kind: 'inconclusive',
      reason: `the server answered ${status} without a word on the status`,
    })
  })

  test.each([
    ['error', 'error'],
    ['Errored', 'errored'],
    ['expired', 'expired'],
    ['Timed out', 'timed_out'],
    ['timeout', 'timeout'],
    ['unknown', 'unknown'],
  ])('by the status %s', (status, word) => {
    const reading = { kind: 'inconclusive', reason: `the status is ${word}` }
    expect(readStatus(answer(200, json({ status })))).toStrictEqual(reading)
    expect(readStatus(answer(200, json({ status, done: true })))).toStrictEqual(reading)
  })

  test('unless it is a 2xx, whatever its body says', () => {
    const statuses = fc.integer({ min: 100, max: 599 }).filter(status => status < 200 || status > 299)
    fc.assert(
      fc.property(statuses, fc.jsonValue(), (status, said) => {
        const { kind } = readStatus(answer(status, json(said)))
        return kind === 'inconclusive' || kind === 'absent'
      }),
    )
  })
})
