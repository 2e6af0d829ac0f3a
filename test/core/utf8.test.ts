import fc from 'fast-check'
import { expect, test } from 'vitest'
import { answerBody } from '../../src/engine/answer/body.ts'
import { utf8Of } from '../../src/engine/request/utf8.ts'

const encoder = new TextEncoder()

test('the bytes of a text are those that the platform makes of it', () => {
  const texts = fc.oneof(
    fc.string(),
    fc.string({ unit: 'binary' }),
    fc.string({ minLength: 200, maxLength: 400 }),
  )
  fc.assert(
    fc.property(texts, text => {
      expect(utf8Of(text).join()).toBe(encoder.encode(text).join())
    }),
  )
  for (const text of ['', '\u0000', '\u007f', '\u0080', '\ud83c', 'a\udf75', '\u{1f375}'.repeat(80)])
    expect(utf8Of(text)).toEqual(encoder.encode(text))
})

test.each([
  ['ends within a character', new Uint8Array([0x7b, 0xe2, 0x82]), 'cut'],
  ['ends with a replacement character of its own', encoder.encode('ok \uFFFD'), 'whole'],
  [
    'ends with a byte that is no character, and is not begun either',
    new Uint8Array([0x6f, 0x6b, 0xff]),
    'whole',
  ],
])('a body that %s', (_, bytes, kind) => {
  expect(answerBody({ bytes, end: 'whole' }, 'text/plain').kind).toBe(kind)
  // The decoder is as new.
  expect(answerBody({ bytes: encoder.encode('ok'), end: 'whole' }, 'text/plain')).toMatchObject({
    text: 'ok',
  })
})
