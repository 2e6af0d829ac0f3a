import { describe, expect, test } from 'vitest'
import { hasTextAt, textsAt } from '../../src/core/answers/texts-at.ts'
import type { AnswerBody } from '../../src/core/answers/evidence.ts'
import { json } from './samples.ts'

const whole = (text: string): AnswerBody => ({ kind: 'whole', text, parsed: undefined, form: 'other' })

describe('the texts at a place of a body', () => {
  test.each<[string, unknown, readonly string[]]>([
    ['errorType', { errorType: 'idempotency_error' }, ['idempotency_error']],
    ['error.kind.code', { error: { kind: { code: 704 } } }, ['704']],
    ['details[].issue', { details: [{ issue: 'A' }, {}, { issue: 'B' }] }, ['A', 'B']],
    ['error_codes[]', { error_codes: ['a', 'b'] }, ['a', 'b']],
    ['a[].b[].c', { a: [{ b: [{ c: 1 }] }, { b: [{ c: true }] }] }, ['1', 'true']],
    ['value[].result', { value: [{ result: 'accepted' }] }, ['accepted']],
    ['0.code', [{ code: 'x' }], ['x']],
    ['[].errorCode', [{ errorCode: 'x' }, { errorCode: 'y' }], ['x', 'y']],
    ['[]', ['x', 'y'], ['x', 'y']],
    ['[].errorCode', { errorCode: 'x' }, []],
    ['details[].issue', { details: { issue: 'A' } }, []],
    ['details.issue', { details: [{ issue: 'A' }] }, []],
    ['errorType', { errorType: { code: 'x' } }, []],
    ['errorType', null, []],
    ['errorType', 'errorType', []],
    ['toString.name', {}, []],
    ['__proto__.x', {}, []],
  ])('%s in %j', (at, body, texts) => {
    expect(textsAt(json(body), at)).toEqual(texts)
  })

  test.each<[string, readonly string[]]>([
    ['<R><Errors><Error><Code>Mismatch</Code></Error></Errors></R>', ['Mismatch']],
    ['<r:R xmlns:r="x"><r:Code a="1">\n A </r:Code><Code>B</Code></r:R>', ['A', 'B']],
    ['<R><!-- <Code>A</Code> --><m><![CDATA[<Code>A</Code>]]></m></R>', []],
    ['<R><Code><![CDATA[A]]></Code><Code>B<![CDATA[<C>]]></Code></R>', ['A', 'B&lt;C>']],
    ['<R><Code><![CDATA[A</Code></R>', []],
    ['<R><StatusCode>A</StatusCode><Codes>B</Codes></R>', []],
    ['<R><Code><b>A</b></Code></R>', []],
  ])('<Code> in %s', (text, texts) => {
    expect(textsAt(whole(text), '<Code>')).toEqual(texts)
  })

  test('a body that was cut has none', () => {
    expect(textsAt({ kind: 'cut', text: '{"errorType":"x"}', why: 'connection' }, 'errorType')).toEqual([])
  })

  test.each([
    ['ConflictException', true],
    ['com.amazonaws.ecs#ConflictException', true],
    ['com.amazonaws.ecs#ConflictExceptions', false],
    ['aConflictException', false],
  ])('a name space does not count: %s', (type, fits) => {
    expect(hasTextAt(json({ __type: type }), '__type', 'ConflictException')).toBe(fits)
  })
})

test('what is not closed goes on to the end, and a body full of openings is read in one pass: it took minutes', () => {
  const at = (text: string) => textsAt({ kind: 'whole', form: 'other', text, parsed: undefined }, '<Code>')
  expect(at('<Code>a</Code><!-- <Code>b</Code>')).toEqual(['a'])
  expect(at(`<Code>a</Code>${'<!--'.repeat(1_000_000)}`)).toEqual(['a'])
})
