import { expect, test } from 'vitest'
import type { Answer, AnswerBody } from '../../src/core/answers/evidence.ts'
import { showsOperation } from '../../src/core/answers/shows-operation.ts'
import { answer, emptyBody, htmlPage, json, plainProfile } from './samples.ts'

const text = (said: string): AnswerBody => ({ kind: 'whole', text: said, parsed: said, form: 'other' })
const cut = (said: string): AnswerBody => ({ kind: 'cut', text: said, why: 'connection' })
const shows = (said: Answer) => showsOperation(said, plainProfile())

test.each<[string, Answer]>([
  ['a resource without a word', answer(200, json({ id: 1, amount: 5 }))],
  ['a resource with a 201', answer(201, json({ id: 1 }))],
  ['progress in a 206', answer(206, json({ status: 'processing' }))],
  ['progress in a 2xx that stands for nothing', answer(299, json({ status: 'processing' }))],
  ['a list', answer(200, json([{ id: 1 }]))],
  ['a word that nobody knows', answer(200, json({ status: 'capturing' }))],
  ['a word in another place', answer(200, json({ data: { status: 'capturing' } }))],
  ['a number for a word', answer(200, json({ status: 3 }))],
  ['a contradiction', answer(200, json({ status: 'completed', state: 'failed' }))],
  ['a word beside an error', answer(200, json({ status: 'succeeded', error: {} }))],
  ['done and nothing else', answer(200, json({ done: true }))],
  ['an error that says that it is at work', answer(200, json({ ok: false, error: 'busy' }))],
  [
    'a problem that says so',
    answer(200, json({ title: 'Payment is processing' }), { 'content-type': 'application/problem+json' }),
  ],
  ['an object that was cut', answer(200, cut('{"status":"proc'))],
  ['a list that was cut', answer(200, cut('[{"id'))],
  ['XML', answer(200, text('<payment><status>captured</status></payment>'))],
  ['a 409', answer(409)],
  ['a 423', answer(423, json({ error: 'locked' }))],
  ['a 410', answer(410, json({}))],
  ['a 404 that says that it is at work', answer(404, json({ status: 'processing' }))],
  ['the result to which a 303 led', { ...answer(200, json({ id: 1 })), ownTarget: false, ledTo: 'result' }],
])('the operation is shown by %s', (_, said) => {
  expect(shows(said)).toBe(true)
})

test.each<[string, Answer]>([
  ['nothing', answer(200)],
  ['a 204', answer(204)],
  ['an empty list', answer(200, json([]))],
  ['an empty object', answer(200, json({}))],
  ['null', answer(200, json(null))],
  ['a number', answer(200, json(1))],
  ['a text', answer(200, text('upstream connect error'))],
  ['a page', answer(200, htmlPage)],
  ['a page that was cut', answer(200, cut('<html><p>'))],
  ['a text that was cut', answer(200, cut('upstr'))],
  ['nothing that was cut', answer(200, cut(''))],
  ['success: false', answer(200, json({ success: false }))],
  ['found: false', answer(200, json({ found: false, message: 'no such order' }))],
  ['an error', answer(200, json({ error: { code: 'unavailable' }, requestId: 'x' }))],
  ['errors', answer(200, json({ errors: [{ message: 'no' }], data: null }))],
  [
    'a problem',
    answer(200, json({ title: 'Unavailable', status: 503 }), { 'content-type': 'application/problem+json' }),
  ],
  ['a 404', answer(404, json({ status: 'not_found' }))],
  ['a page with 409', answer(409, htmlPage)],
  ['a page with 410', answer(410, htmlPage)],
  ...[0, 302, 401, 403, 422, 429, 500, 503].map((status): [string, Answer] => [
    `a ${status}`,
    answer(status, json({ id: 1 })),
  ]),
  ['another place', { ...answer(200, json({ login: '/sso' })), ownTarget: false, ledTo: 'elsewhere' }],
  ['a 202 without a body', answer(202, emptyBody)],
])('nothing is shown by %s', (_, said) => {
  expect(shows(said)).toBe(false)
})
