import { expect, test } from 'vitest'
import { isConditional, mayHaveCopies } from '../../src/core/answers/unseen-copies.ts'

const post = { method: 'POST', headers: {}, hasBody: true }

test.each([
  ['a POST with a body', post, 'once', undefined, false],
  ['a PATCH with a body', { ...post, method: 'PATCH' }, 'once', undefined, false],
  ['a LOCK, which nginx leaves alone', { ...post, method: 'LOCK' }, 'once', undefined, false],
  ['a method in lower case', { ...post, method: 'put' }, 'once', undefined, true],
  ['a PUT', { ...post, method: 'PUT' }, 'once', undefined, true],
  ['a DELETE', { ...post, method: 'DELETE', hasBody: false }, 'once', undefined, true],
  ['a method that nobody knows', { ...post, method: 'PURGE' }, 'once', undefined, true],
  ['a POST without a body', { ...post, hasBody: false }, 'once', undefined, true],
  ['a POST with a precondition', { ...post, headers: { 'if-match': '"1"' } }, 'once', undefined, true],
  ['a PUT where nothing on the way re-sends', { ...post, method: 'PUT' }, 'once', 'once', false],
  ['a POST where something on the way re-sends any', post, 'once', 'again', true],
  ['a POST by a fetch of which nothing is known', post, 'unknown', undefined, true],
  ['the same where nothing on the way re-sends', post, 'unknown', 'once', false],
  ['a POST from a page', post, 'browser', undefined, true],
  ['a POST from a page, whatever is stated of the way', post, 'browser', 'once', true],
] as const)('%s', (_, sent, runtime, delivers, expected) => {
  expect(mayHaveCopies(sent, runtime, delivers)).toBe(expected)
})

test.each([
  'if-match',
  'if-none-match',
  'if-modified-since',
  'if-unmodified-since',
  'if-range',
  'if',
  'if-schedule-tag-match',
  'x-goog-if-generation-match',
  'x-amz-copy-source-if-match',
  'x-ms-source-if-none-match',
])('%s is a precondition', name => {
  expect(isConditional({ accept: '*/*', [name]: 'x' })).toBe(true)
})

test.each(['accept', 'x-notify', 'x-gift-card', 'specification'])('%s is none', name => {
  expect(isConditional({ [name]: 'x' })).toBe(false)
})
