import { expect, test } from 'vitest'
import { isAnnouncedJson } from '../../src/core/body-form.ts'

test.each([
  '{',
  '{"error":',
  '{ }',
  '{\n  "a',
  '[',
  '[1',
  '[-',
  '[{',
  '[[',
  '["x',
  '[]',
  '[true',
  '"',
  '"ab',
  '"a\\"b"',
  ' "x" ',
])('JSON that is begun is announced by itself: %s', text => {
  expect(isAnnouncedJson(text, undefined)).toBe(true)
  expect(isAnnouncedJson(text, 'text/plain')).toBe(true)
})

test.each(['[amount] is required', '[OK] done', '"amount" is required', '{amount} is required', 'no [1]'])(
  'a text that only looks like it is not, unless its type says so: %s',
  text => {
    expect(isAnnouncedJson(text, 'text/plain')).toBe(false)
    expect(isAnnouncedJson(text, 'application/problem+json')).toBe(true)
  },
)
