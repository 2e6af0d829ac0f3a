import { expect, test } from 'vitest'
import { bodyToStore } from '../../src/engine/request/stored-body.ts'

const MEGABYTES = 3 * 1024 * 1024

test.each<[string, string, 'text' | 'body']>([
  ['a short text of control characters', '\u0000\u001f', 'text'],
  ['a long text with lines', 'a\r\n\tb'.repeat(MEGABYTES / 5), 'text'],
  ['a long text with pairs of surrogates', '\u{1f375}'.repeat(MEGABYTES / 2), 'text'],
  ['a long text with a control character', `${'a'.repeat(MEGABYTES)}\u0000`, 'body'],
  ['a long text with half of a surrogate pair', `${'a'.repeat(MEGABYTES)}\ud83c`, 'body'],
])('a body is kept as the shorter of text and base64: %s', (_, text, as) => {
  const body = new TextEncoder().encode(text)

  expect(Object.keys(bodyToStore({ body, text, contentType: undefined, hash: '' }))).toEqual([as])
})
