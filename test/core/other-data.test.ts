import { expect, test } from 'vitest'
import { isOtherData } from '../../src/core/answers/other-data.ts'
import type { AnswerBody } from '../../src/core/answers/evidence.ts'

const whole = (text: string): AnswerBody => ({ kind: 'whole', text, parsed: text, form: 'other' })

function isData(type: string | undefined, body: AnswerBody): boolean {
  const headers: Record<string, string> = type === undefined ? {} : { 'content-type': type }
  return isOtherData({ kind: 'answer', status: 200, headers, body, ownTarget: true, bodiless: false })
}

const XML = '<?xml version="1.0"?>\n<RunInstancesResponse><id>i-1</id></RunInstancesResponse>'

test.each<[string, string | undefined, string, boolean]>([
  ['XML', 'text/xml;charset=UTF-8', XML, true],
  ['XML of a type of its own', 'application/atom+xml', XML, true],
  ['XML that does not say so', 'text/plain', XML, false],
  ['XML without a type', undefined, XML, false],
  ['XML that breaks off', 'text/xml', XML.slice(0, -4), false],
  ['a text that is called XML', 'text/xml', 'upstream connect error', false],
  ['an event stream', 'text/event-stream', 'data: {"a":1}\n\ndata: [DONE]\n\n', true],
  ['one that begins with a comment', 'text/event-stream; charset=utf-8', ': hello\r\ndata: 1\r\n\r\n', true],
  ['one that breaks off', 'text/event-stream', 'data: {"a":1}\n\ndata: [DO', false],
  ['a text that is called an event stream', 'text/event-stream', 'Bad Gateway\n\n', false],
  ['JSON in lines', 'application/x-ndjson', '{"a":1}\n{"a":2}\n', true],
  ['JSON in lines of which one breaks off', 'application/x-ndjson', '{"a":1}\n{"a"', false],
  ['a text', 'text/plain', 'upstream connect error', false],
  ['a list of values', 'text/csv', 'a,b\n1,2\n', false],
])('%s', (_name, type, text, expected) => {
  expect(isData(type, whole(text))).toBe(expected)
})

test('a page, bytes and a cut answer are none', () => {
  expect(isData('text/xml', { kind: 'whole', text: XML, parsed: XML, form: 'html' })).toBe(false)
  expect(isData('text/xml', { kind: 'whole', text: XML, parsed: XML, form: 'binary' })).toBe(false)
  expect(isData('text/xml', { kind: 'cut', text: XML, why: 'connection' })).toBe(false)
})
