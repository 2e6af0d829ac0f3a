import { describe, expect, test } from 'vitest'
import { readCancel, sealOfKey, whyNoSeal } from '../../src/core/answers/cancel-answer.ts'
import { answer, emptyBody, htmlPage, json } from './samples.ts'

const read = (body: unknown, words = {}) => readCancel(answer(200, json(body)), words)

test.each(['canceled', 'Canceled', 'cancelled', 'CANCELLED', 'sealed'])('%s seals', status => {
  expect(read({ status })).toStrictEqual({ kind: 'sealed' })
  expect(read({ state: status })).toStrictEqual({ kind: 'sealed' })
})

test('a flag that says the same takes nothing from the word', () => {
  expect(read({ status: 'cancelled', cancelled: true, pending: false })).toStrictEqual({ kind: 'sealed' })
  expect(read({ status: 'cancelled', done: true, response: null, executed: false })).toStrictEqual({
    kind: 'sealed',
  })
})

test.each<[string, unknown]>([
  ['nothing', undefined],
  ['null', null],
  ['an empty object', {}],
  ['a list', []],
  ['a text', 'canceled'],
  ['no word', { message: 'cancelled' }],
  ['an order', { order: 9 }],
  ['success: false', { success: false, message: 'already shipped' }],
  ['success: false beside the word', { success: false, status: 'canceled' }],
  ['success: true', { success: true }],
  ['an error', { error: { code: 'already_captured' } }],
  ['an error beside the word', { status: 'canceled', error: { code: 'x' } }],
  ['Success: false beside the word', { Success: false, status: 'canceled' }],
  ['Error beside the word', { status: 'canceled', Error: { Code: 'x' } }],
  ['done: false beside the word', { done: false, status: 'canceled' }],
  ['errors beside the word', { status: 'canceled', errors: ['x'] }],
  ['cancelled: false', { cancelled: false }],
  ['cancelled: false beside the word', { status: 'cancelled', cancelled: false }],
  ['Canceled: false beside the word', { state: 'canceled', Canceled: false }],
  ['sealed: false beside the word', { status: 'cancelled', sealed: false }],
  ['executed: true beside the word', { status: 'cancelled', executed: true }],
  ['Completed: true beside the word', { status: 'canceled', Completed: true }],
  ['succeeded: true beside the word', { state: 'sealed', succeeded: true }],
  ['the response of what is done beside the word', { status: 'cancelled', done: true, response: { id: 1 } }],
  ['another state beside the word', { status: 'cancelled', state: 'paid' }],
  ['a state of progress beside the word', { status: 'cancelled', state: 'processing' }],
  ['the word in the state beside another', { status: 'completed', state: 'cancelled' }],
  ['cancelled: true', { cancelled: true }],
  ['a number', { status: 200 }],
  ['a nested word', { order: { status: 'canceled' } }],
])('%s seals nothing', (_, body) => {
  expect(read(body)).toMatchObject({ kind: 'inconclusive' })
})

test.each([
  'paid',
  'captured',
  'error',
  'failed',
  'rejected',
  'succeeded',
  'completed',
  'done',
  'canceling',
  'cancel_failed',
  'not canceled',
  'uncanceled',
  'cancelеd',
  'expired',
  'active',
  '',
])('%j seals nothing, and is named', status => {
  expect(read({ status })).toStrictEqual({
    kind: 'inconclusive',
    reason: expect.stringContaining('cancel.read'),
  })
})

describe('no 2xx with a whole body', () => {
  test.each([0, 299, 301, 400, 404, 409, 410, 500])('%i seals nothing', status => {
    expect(readCancel(answer(status, json({ status: 'canceled' })), {})).toStrictEqual({
      kind: 'inconclusive',
      reason: `the server answered ${status} to the cancel`,
    })
  })

  test('a page, a cut body and none seal nothing', () => {
    const cut = { kind: 'cut', text: '{"status":"canceled"', why: 'connection' } as const
    for (const body of [htmlPage, cut, emptyBody])
      expect(readCancel(answer(200, body), {})).toMatchObject({ kind: 'inconclusive' })
    expect(readCancel(answer(204), {})).toMatchObject({ kind: 'inconclusive' })
  })
})

test('the server is still at work by 202, or by a word of progress', () => {
  expect(readCancel(answer(202, json({ status: 'canceled' })), {})).toStrictEqual({ kind: 'processing' })
  expect(read({ status: 'in progress' })).toStrictEqual({ kind: 'processing' })
})

describe('what the profile lists', () => {
  const words = { executed: ['paid'], notExecuted: ['failed'], sealed: ['void'], field: 'situation' }

  test('is too late, with the result that came along', () => {
    expect(read({ situation: 'Paid' }, words)).toStrictEqual({
      kind: 'executed',
      data: undefined,
      form: 'body',
    })
    expect(read({ situation: 'paid', result: { order: 9 } }, words)).toStrictEqual({
      kind: 'executed',
      data: { order: 9 },
      form: 'data',
    })
  })

  test('is sealed, or failed before it, with its error', () => {
    expect(read({ situation: 'void' }, words)).toStrictEqual({ kind: 'sealed' })
    expect(read({ situation: 'failed', error: { code: 'x' } }, words)).toStrictEqual({ kind: 'sealed' })
  })

  test('takes the place of the usual words and fields', () => {
    expect(read({ situation: 'canceled' }, words)).toMatchObject({ kind: 'inconclusive' })
    expect(read({ status: 'void' }, words)).toMatchObject({ kind: 'inconclusive' })
  })
})

test.each([
  ['came from where it was sent', answer(200, json({ status: 'canceled' })), true, undefined],
  [
    'was led on by a redirect',
    { ...answer(200, json({ status: 'canceled' })), ledTo: 'result' as const },
    true,
    'the cancel was redirected: it was not delivered',
  ],
  ['is a redirect', answer(302), true, 'the cancel was redirected: it was not delivered'],
  [
    'was made for an earlier one',
    answer(200, json({ status: 'canceled' })),
    false,
    'the answer to the cancel is an old one, out of a cache',
  ],
])('an answer to a cancel that %s', (_, given, isOfNow, why) => {
  expect(whyNoSeal(given, isOfNow)).toBe(why)
})

test.each([
  ['sealed', 'own', 'sealed'],
  ['sealed', 'none', 'inconclusive'],
  ['sealed', 'another', 'inconclusive'],
  ['processing', 'none', 'processing'],
  ['processing', 'another', 'inconclusive'],
] as const)('a cancel that reads as %s, of a key that is named %s, counts as %s', (kind, named, counts) => {
  expect(sealOfKey({ kind }, named).kind).toBe(counts)
})
